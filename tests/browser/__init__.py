"""What a person sees: notebooks in JupyterLab, in Chromium."""
