"""What Dagster loads: every reconciliation below `defs/`, the tables they share, and the deployment's resources."""

import dagster as dg

import recon_assets.defs
from recon_assets.deployments import deployment
from recon_assets.home import home
from recon_assets.project import load_project

defs: dg.Definitions = load_project(recon_assets.defs, deployment(home()))
