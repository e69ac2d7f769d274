"""One client's connection, from prelogin to goodbye: requests in, tokens out.

Belongs here: letting a client in, and putting events into tokens. Does not belong here: what a batch comes to
(`engine`), or the bytes of either side (`requests`, `tokens`, `packets`).
"""

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from recon_assets.sources.base import SourceError
from recon_assets.tsql.errors import TSqlError
from recon_assets_tests.tds import login, packets, requests, system_calls, tokens
from recon_assets_tests.tds.cells import encode_cell
from recon_assets_tests.tds.certificate import Certificate
from recon_assets_tests.tds.engine import RETURN_CODE, Engine
from recon_assets_tests.tds.faults import ResultFault, ServerError
from recon_assets_tests.tds.outcome import Counted, Event, Returned, Rows, Said
from recon_assets_tests.tds.packets import Disconnected, Message, Transport
from recon_assets_tests.tds.requests import Call
from recon_assets_tests.tds.script import Cancelled, server_error
from recon_assets_tests.tds.tokens import DONE, DONE_IN_PROC, DONE_PROC, ERROR, EXECUTE_COMMAND, Reply

if TYPE_CHECKING:
    from recon_assets_tests.tds.server import Server

_LARGEST_PACKET, _LARGEST_ENCRYPTED_PACKET = 32_767, 16_383  # an encrypted one is to fit a TLS record


class Connection:
    """A client that has connected; `run` serves it to the end."""

    def __init__(self, server: "Server", transport: Transport, certificate: Certificate, number: int) -> None:
        self._server = server
        self._transport = transport
        self._certificate = certificate
        self._number = number
        self._prepared = system_calls.Prepared()
        self._transactions = 0
        self._descriptor = b""

    def run(self) -> None:
        """Serve the client until one of the two leaves."""
        with self._server.connections:
            try:
                self._serve()
                self._transport.close()
            except Disconnected:
                self._transport.reset()
            except OSError:
                self._transport.close()
            except Exception as error:
                self._server.failures.append(error)
                self._transport.reset()

    def _serve(self) -> None:
        engine = self._log_in()
        if engine is None:
            return
        self._transport.on_attention = engine.interrupt
        self._transport.start_reading()
        try:
            while True:
                self._answer(engine, self._transport.next_message())
        finally:
            engine.close()

    # Login

    def _log_in(self) -> Engine | None:
        strict = self._transport.starts_with_tls()
        if strict:
            self._refuse_tls_if_asked()
            self._transport.start_tls_at_once(self._certificate.at_once)
        options = login.read_prelogin(self._transport.receive().data)
        if strict:
            encryption = login.NO_ENCRYPTION  # but for what TLS there is
        else:
            encryption = login.agree_on_encryption(login.wanted_encryption(options), self._server.encrypt)
        if encryption is None:
            return None
        self._transport.send(login.prelogin_answer(options, encryption), last=True)
        if encryption != login.NO_ENCRYPTION:
            self._refuse_tls_if_asked()
            self._transport.start_tls(self._certificate.in_packets)
        given = login.read_login(self._transport.receive().data)
        if encryption == login.ENCRYPT_LOGIN:
            self._transport.stop_tls()
        self._server.logins.append(given)
        reply = Reply(self._transport)
        if refusal := self._server.faults.take_login() or self._refusal(given):
            _write_error(reply, refusal)
            reply.done(DONE, status=ERROR)
            reply.finish()
            return None
        self._welcome(reply, given)
        return Engine(self._server, self._number, given.user, self._server.database, self._transport.attention.is_set)

    def _refuse_tls_if_asked(self) -> None:
        if self._server.faults.refuse_tls:
            raise Disconnected

    def _refusal(self, given: login.Login) -> ServerError | None:
        server = self._server
        if login.FEDERATED in given.features:
            if server.token is None or given.token != server.token:
                return ServerError(18456, "Login failed for user '<token-identified principal>'.", severity=14)
        elif (given.user, given.password) != (server.user, server.password):
            return ServerError(18456, f"Login failed for user '{given.user}'.", severity=14)
        if given.database.lower() not in ("", "master", server.database.lower()):
            text = f'Cannot open database "{given.database}" requested by the login. The login failed.'
            return ServerError(4060, text, severity=11)
        return None

    def _welcome(self, reply: Reply, given: login.Login) -> None:
        database = self._server.database
        largest = _LARGEST_ENCRYPTED_PACKET if self._transport.is_encrypted else _LARGEST_PACKET
        size = min(max(given.packet_size or 4096, 512), largest)
        reply.write(tokens.environment_change(tokens.DATABASE, database, "master"))
        reply.write(tokens.info(f"Changed database context to '{database}'.", 5701, state=2, severity=10))
        reply.write(tokens.default_collation())
        reply.write(tokens.environment_change(tokens.LANGUAGE, "us_english"))
        reply.write(tokens.info("Changed language setting to us_english.", 5703, severity=10))
        reply.write(tokens.login_acknowledged())
        reply.write(tokens.environment_change(tokens.PACKET_SIZE, str(size), "4096"))
        features = {login.FEDERATED: b"", login.UTF8: b"\1"}
        if acknowledged := {feature: data for feature, data in features.items() if feature in given.features}:
            reply.write(tokens.features_acknowledged(acknowledged))
        reply.done(DONE, command=0)
        reply.finish()
        self._transport.packet_size = size

    # Requests

    def _answer(self, engine: Engine, message: Message) -> None:
        reply = Reply(self._transport)
        if message.type == packets.ATTENTION:
            self._transport.attention.clear()
            reply.acknowledge_attention()
            return
        if message.resets:
            engine.reset()
            self._prepared.clear()
            self._told_transaction(reply, engine)
            reply.write(tokens.binary_change(tokens.RESET))
        try:
            self._answer_request(engine, message, reply)
        except Exception as error:
            if not self._transport.attention.is_set():  # what is interrupted may fail in many ways
                raise
            if self._transport.closed:
                raise Disconnected from error
            self._next_is_attention()
            self._told_transaction(reply, engine)
            reply.cancelled()
            return
        reply.finish()

    def _next_is_attention(self) -> None:
        """The message that cancelled is answered by the end of the reply at hand."""
        while self._transport.next_message().type != packets.ATTENTION:
            pass
        self._transport.attention.clear()

    def _answer_request(self, engine: Engine, message: Message, reply: Reply) -> None:
        match message.type:
            case packets.SQL_BATCH:
                text = requests.read_batch(message.data)
                self._server.batches.append(text)
                self._write(engine, reply, engine.run(text), DONE)
            case packets.RPC:
                for call in requests.read_calls(message.data):
                    self._answer_call(engine, call, reply)
            case packets.TRANSACTION:
                self._answer_transaction(engine, requests.read_transaction(message.data), reply)
            case _:
                raise Disconnected

    def _answer_transaction(self, engine: Engine, request: requests.TransactionRequest, reply: Reply) -> None:
        match request.kind:
            case requests.BEGIN:
                engine.begin()
            case requests.COMMIT:
                engine.commit()
            case requests.ROLL_BACK:
                engine.roll_back()
                self._told_transaction(reply, engine, ended=tokens.ROLLED_BACK)
        self._told_transaction(reply, engine)
        if request.begins:
            engine.begin()
            self._told_transaction(reply, engine)
        reply.done(DONE, command=0)

    def _told_transaction(self, reply: Reply, engine: Engine, ended: int = tokens.COMMITTED) -> None:
        """Tell the client of a transaction that has begun or ended since it was last told."""
        if engine.in_transaction and not self._descriptor:
            self._transactions += 1
            self._descriptor = struct.pack("<II", self._transactions, self._number)
            reply.write(tokens.binary_change(tokens.BEGAN, new=self._descriptor))
        elif not engine.in_transaction and self._descriptor:
            reply.write(tokens.binary_change(ended, old=self._descriptor))
            self._descriptor = b""

    # Calls

    def _answer_call(self, engine: Engine, call: Call, reply: Reply) -> None:
        try:
            action = system_calls.read(call, self._prepared)
        except TSqlError as error:
            _write_error(reply, server_error(error))
            reply.done(DONE_PROC, status=ERROR, command=EXECUTE_COMMAND)
            return
        outputs = dict(action.outputs)
        code = 0
        if action.text is not None:
            self._server.batches.append(action.text)
            self._write(engine, reply, engine.run(action.text, action.arguments), DONE_IN_PROC)
        if action.procedure is not None:
            given = call.arguments[action.skipped :]
            self._write(engine, reply, engine.call(action.procedure, given), DONE_IN_PROC)
            code = engine.outputs.get(RETURN_CODE) or 0
            for position, argument in enumerate(given):
                if argument.output:
                    outputs[action.skipped + position] = engine.outputs.get(f"@argument {position}")
        if action.rows is not None:
            self._write(engine, reply, iter([action.rows]), DONE_IN_PROC)
        reply.write(tokens.return_status(code))
        for position, value in outputs.items():
            argument = call.arguments[position]
            cell = encode_cell(argument.type, value)
            reply.write(tokens.return_value(argument.name, argument.type, cell, position))
        reply.done(DONE_PROC, command=EXECUTE_COMMAND)

    # Events

    def _write(self, engine: Engine, reply: Reply, events: Iterator[Event], done: int) -> None:
        """Put events into tokens as they come. An error that ends the batch is one of them."""
        self._told_transaction(reply, engine)
        told = False
        status = 0
        try:
            for event in events:
                self._told_transaction(reply, engine, tokens.ROLLED_BACK)
                told = self._write_event(reply, event, done) or told
        except TSqlError as error:
            _write_error(reply, server_error(error))
            status, told = ERROR, False
        except SourceError as error:
            _write_error(reply, ServerError(50_000, str(error)))
            status, told = ERROR, False
        self._told_transaction(reply, engine)
        if not told:
            reply.done(done, status=status, command=0)

    def _write_event(self, reply: Reply, event: Event, done: int) -> bool:
        """Whether a DONE has been written for it."""
        match event:
            case Rows():
                reply.done(done, rows=self._write_rows(reply, event))
            case Counted(rows):
                reply.done(done, rows=rows, command=tokens.UPDATE_COMMAND)
            case Returned(code):
                if done == DONE:
                    reply.write(tokens.return_status(code))
                    reply.done(DONE_PROC, command=EXECUTE_COMMAND)
            case Said(text):
                reply.write(tokens.info(text))
                return False
            case ServerError():
                _write_error(reply, event)
                reply.done(done, status=ERROR, command=0)
        return True

    def _write_rows(self, reply: Reply, result: Rows) -> int:
        fault = self._server.faults.take_result()
        if fault is not None and fault.after_rows is None:
            self._befall(reply, fault)
        reply.write(tokens.column_metadata(result.columns))
        sent = 0
        for batch in result.batches:
            if fault is not None and sent + batch.rows >= fault.after_rows:
                self._write_blocks(reply, batch.blocks(fault.after_rows - sent))
                self._befall(reply, fault)
            self._write_blocks(reply, batch.blocks())
            sent += batch.rows
        if fault is not None:
            self._befall(reply, fault)
        return sent

    def _write_blocks(self, reply: Reply, blocks: Iterable[bytes]) -> None:
        for block in blocks:
            if self._transport.attention.is_set():
                raise Cancelled
            reply.write(block)

    def _befall(self, reply: Reply, fault: ResultFault) -> None:
        """Do what the test has planned."""
        if fault.error is not None:
            raise TSqlError(fault.error.number, fault.error.message, fault.error.severity, fault.error.state)
        reply.push()
        if not fault.stall:
            raise Disconnected
        self._transport.attention.wait()
        raise Cancelled


def _write_error(reply: Reply, error: ServerError) -> None:
    reply.write(
        tokens.error(
            error.number,
            error.message,
            state=error.state,
            severity=error.severity,
            procedure=error.procedure,
            line=error.line,
        )
    )
