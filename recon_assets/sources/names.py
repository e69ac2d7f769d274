from recon_assets.sources.embedded.names import *
