"""Clusters and SQL warehouses.

Belongs here: that they are there, and their states. Does not belong here: what runs on them (`runs`, `statements`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from recon_assets_tests.workspace.exchange import ApiError, Request, invalid, missing
from recon_assets_tests.workspace.routing import Route


@dataclass
class Cluster:
    """`libraries` are those installed on it; `refuses` is why it can't start, if it can't.

    After a start it is PENDING in the next `polls_to_start` answers.
    """

    cluster_id: str
    state: str = "RUNNING"
    name: str = "recon"
    libraries: Sequence[str] = ()
    log_destination: str = ""
    termination_reason: dict | None = None
    refuses: str = ""
    polls_to_start: int = 0
    _polls: int = 0

    def start(self) -> None:
        """Begin to start, unless it has."""
        if self.state == "TERMINATED":
            self.state, self._polls = "PENDING", self.polls_to_start

    def ready(self) -> bool:
        """Whether it runs in the end; starting it where it has to be."""
        self.start()
        self.state = "TERMINATED" if self.refuses else "RUNNING"
        return not self.refuses

    def told(self) -> dict:
        """As the API gives it."""
        if self.state == "PENDING":
            if not self._polls:
                self.ready()
            self._polls -= 1
        told: dict = {
            "cluster_id": self.cluster_id,
            "cluster_name": self.name,
            "spark_version": "16.4.x-scala2.12",
            "state": self.state,
            "state_message": self.refuses,
        }
        if self.state == "TERMINATED":
            unforced = {"code": "INACTIVITY", "type": "SUCCESS", "parameters": {"inactivity_duration_min": "60"}}
            refused = {"code": "CLOUD_PROVIDER_LAUNCH_FAILURE", "type": "CLOUD_FAILURE", "parameters": {}}
            told["termination_reason"] = self.termination_reason or (refused if self.refuses else unforced)
        if self.log_destination:
            told["cluster_log_conf"] = {"dbfs": {"destination": self.log_destination}}
        return told


@dataclass
class Warehouse:
    """After a start it is STARTING in the next `polls_to_start` answers."""

    warehouse_id: str
    state: str = "RUNNING"
    name: str = "recon"
    polls_to_start: int = 0
    _polls: int = 0

    def start(self) -> None:
        """Begin to start, unless it has."""
        if self.state == "STOPPED":
            self.state, self._polls = "STARTING", self.polls_to_start

    def told(self) -> dict:
        """As the API gives it."""
        if self.state == "STARTING":
            if not self._polls:
                self.state = "RUNNING"
            self._polls -= 1
        return {
            "id": self.warehouse_id,
            "name": self.name,
            "state": self.state,
            "cluster_size": "2X-Small",
            "enable_serverless_compute": True,
            "warehouse_type": "PRO",
            "odbc_params": {"hostname": "127.0.0.1", "path": f"/sql/1.0/warehouses/{self.warehouse_id}", "port": 443},
        }


@dataclass
class Compute:
    """What there is to run on, by its id."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    warehouses: dict[str, Warehouse] = field(default_factory=dict)

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        clusters, warehouses = r"/api/2\.[01]/clusters", "/api/2.0/sql/warehouses"
        return [
            Route("GET", f"{clusters}/get", lambda request: self._cluster(request).told()),
            Route("POST", f"{clusters}/start", self._start_cluster),
            Route("POST", f"{clusters}/delete", self._terminate_cluster),
            Route("GET", warehouses, lambda request: {"warehouses": [w.told() for w in self.warehouses.values()]}),
            Route("GET", f"{warehouses}/([^/]+)", lambda request, name: self.warehouse(name).told()),
            Route("POST", f"{warehouses}/([^/]+)/start", self._start_warehouse),
            Route("POST", f"{warehouses}/([^/]+)/stop", self._stop_warehouse),
        ]

    def cluster(self, name: str) -> Cluster:
        """Raises ApiError where there is none."""
        if name not in self.clusters:
            raise invalid(f"Cluster {name} does not exist")
        return self.clusters[name]

    def warehouse(self, name: str) -> Warehouse:
        """Raises ApiError where there is none."""
        if name not in self.warehouses:
            raise missing(f"The warehouse {name} was not found.")
        return self.warehouses[name]

    def _cluster(self, request: Request) -> Cluster:
        return self.cluster(request.need("cluster_id"))

    def _start_cluster(self, request: Request) -> dict:
        cluster = self._cluster(request)
        if cluster.state != "TERMINATED":
            text = f"Cluster {cluster.cluster_id} is in unexpected state {cluster.state.capitalize()}."
            raise ApiError(400, "INVALID_STATE", text)
        cluster.start()
        return {}

    def _terminate_cluster(self, request: Request) -> dict:
        self._cluster(request).state = "TERMINATED"
        return {}

    def _start_warehouse(self, request: Request, name: str) -> dict:
        self.warehouse(name).start()
        return {}

    def _stop_warehouse(self, request: Request, name: str) -> dict:
        self.warehouse(name).state = "STOPPED"
        return {}
