# The workflow's environment: the pinned requirements, on the Python of envs/. Build it from the repository's root:
#   docker build --tag hybrid-batch-scaling .
#   docker run --rm --volume "$PWD":/work --workdir /work hybrid-batch-scaling snakemake --cores 8 all
# For a GPU: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 (PyTorch's index for your CUDA), and run with --gpus all.
# Apptainer builds from the image: apptainer build workflow.sif docker-daemon://hybrid-batch-scaling:latest
FROM python:3.11-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# Snakemake runs rules in bash; git names the commit in manifests.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bash git make \
    && rm -rf /var/lib/apt/lists/*

# The project's folder belongs to whoever mounts it: git would else not say of what commit it is.
RUN git config --system --add safe.directory '*'

COPY requirements.txt /tmp/requirements.txt
# What torch needs comes with the rest: its own index may not have the versions that are pinned.
RUN pip install --no-cache-dir --no-deps --index-url "$TORCH_INDEX" --constraint /tmp/requirements.txt torch \
    && pip install --no-cache-dir --requirement /tmp/requirements.txt

# Downloads of models and data go where the container's user may write.
ENV HF_HOME=/tmp/huggingface
CMD ["snakemake", "--help"]
