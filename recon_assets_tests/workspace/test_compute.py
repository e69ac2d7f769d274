"""Clusters and warehouses through the SDK."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, ResourceDoesNotExist
from databricks.sdk.service.compute import State
from databricks.sdk.service.sql import State as WarehouseState

from recon_assets_tests.workspace.compute import Cluster, Warehouse
from recon_assets_tests.workspace.conftest import CLUSTER, WAREHOUSE


def test_a_cluster_tells_its_state_and_why_it_ended(workspace, client):
    assert client.clusters.get(CLUSTER).state == State.RUNNING
    client.api_client.do("POST", "/api/2.1/clusters/delete", body={"cluster_id": CLUSTER})
    cluster = client.clusters.get(CLUSTER)
    assert (cluster.state, cluster.termination_reason.code.value) == (State.TERMINATED, "INACTIVITY")


def test_a_cluster_is_pending_before_it_runs(workspace, client):
    workspace.compute.clusters["c"] = Cluster("c", "TERMINATED", polls_to_start=2)
    client.clusters.start("c")
    assert [client.clusters.get("c").state.value for _ in range(3)] == ["PENDING", "PENDING", "RUNNING"]
    with pytest.raises(BadRequest, match="unexpected state Running"):
        client.clusters.start("c")


def test_a_cluster_may_be_unable_to_start(workspace, client):
    workspace.compute.clusters["c"] = Cluster("c", "TERMINATED", refuses="no quota")
    client.clusters.start("c")
    cluster = client.clusters.get("c")
    assert (cluster.state, cluster.state_message, cluster.termination_reason.type.value) == (
        State.TERMINATED,
        "no quota",
        "CLOUD_FAILURE",
    )


def test_there_are_no_clusters_but_those_given(client):
    with pytest.raises(ResourceDoesNotExist, match="Cluster nowhere does not exist"):
        client.clusters.get("nowhere")


def test_a_warehouse_is_starting_before_it_runs(workspace, client):
    workspace.compute.warehouses["w"] = Warehouse("w", "STOPPED", polls_to_start=1)
    assert client.warehouses.get("w").state == WarehouseState.STOPPED
    client.warehouses.start("w")
    assert [client.warehouses.get("w").state.value for _ in range(2)] == ["STARTING", "RUNNING"]


def test_a_warehouse_can_be_stopped_and_is_listed(client):
    client.warehouses.stop(WAREHOUSE)
    [warehouse] = client.warehouses.list()
    assert (warehouse.id, warehouse.state) == (WAREHOUSE, WarehouseState.STOPPED)
    with pytest.raises(NotFound):
        client.warehouses.get("nowhere")
