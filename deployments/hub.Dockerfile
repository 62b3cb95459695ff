# The hub: docker build -f deployments/hub.Dockerfile -t multiplespawner/hub .
FROM python:3.12-slim-bookworm
COPY python /source
RUN pip install --no-cache-dir 'jupyterhub==6.1.*' /source && rm -r /source
WORKDIR /srv/jupyterhub
CMD ["jupyterhub", "--config", "/srv/jupyterhub/jupyterhub_config.py"]
