package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.StateDirectory;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Has done what was ordered: by the agent that runs on the state folder, so that it goes on when
 * the terminal is gone, or by this process where none runs.
 *
 * @param config says where the state folder is
 * @param agent of this process
 * @param console for what happens meanwhile
 */
record Ordered(AgentConfig config, Agent agent, Console console) {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Returns the outcome. */
    RunResult carryOut(RunRequest request) {
        Optional<AgentAddress> running =
                StateDirectory.isTaken(config.stateDirectory())
                        ? AgentAddress.read(config.stateDirectory())
                                .filter(
                                        address ->
                                                ProcessHandle.of(address.pid())
                                                        .filter(ProcessHandle::isAlive)
                                                        .isPresent())
                        : Optional.empty();
        Journal journal =
                new Journal(config.stateDirectory(request.target()).resolve(Journal.FILE_NAME));
        long from = journal.forEach(0, () -> {}, event -> {});
        Optional<String> run = running.flatMap(address -> handOver(address, request));
        if (run.isPresent()) {
            console.message(
                    "The agent (process %d) does it, also when this command is ended: run %s"
                            .formatted(running.get().pid(), run.get()));
            return follow(journal, from, request, run.get());
        }
        return agent.run(request);
    }

    /**
     * Returns the run that the agent makes of it; empty: the agent cannot be reached.
     *
     * <p>The id of the request is the key of the wish: asked for twice, it is done once.
     */
    private Optional<String> handOver(AgentAddress to, RunRequest request) {
        URI url =
                URI.create(
                        "%s/api/v1/targets/%s/%s"
                                .formatted(
                                        to.url(),
                                        URLEncoder.encode(request.target(), StandardCharsets.UTF_8)
                                                .replace("+", "%20"),
                                        collection(request)));
        HttpClient client =
                HttpClient.newBuilder()
                        .connectTimeout(LIMIT)
                        // It is this machine: no proxy is to see the token.
                        .proxy(ProxySelector.of(null))
                        .build();
        HttpRequest call =
                HttpRequest.newBuilder(url)
                        .timeout(LIMIT)
                        .header("Authorization", "Bearer " + to.token())
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", request.run())
                        .POST(BodyPublishers.ofString(body(request)))
                        .build();
        Instant limit = Instant.now().plus(LIMIT);
        IOException unknown = null;
        try {
            while (true) {
                try {
                    HttpResponse<String> answer = client.send(call, BodyHandlers.ofString());
                    if (answer.statusCode() == 202) {
                        return Optional.of(MAPPER.readTree(answer.body()).get("run").asText());
                    }
                    // It takes up an edit of its routes, and has nobody to answer for a moment.
                    if (answer.statusCode() != 503 || Instant.now().isAfter(limit)) {
                        throw new UsageException(
                                "the agent (process %d) refuses: %d, %s"
                                        .formatted(to.pid(), answer.statusCode(), answer.body()));
                    }
                } catch (ConnectException e) {
                    if (unknown == null) {
                        // It is just starting or stopping. The lock of the target keeps both apart.
                        console.message(
                                "The agent (process %d) cannot be reached; it is done by this command."
                                        .formatted(to.pid()));
                        return Optional.empty();
                    }
                    throw notKnown(to, unknown);
                } catch (IOException e) {
                    // It may have taken it on: then the same wish is answered with the same run.
                    unknown = e;
                    if (Instant.now().isAfter(limit)) {
                        throw notKnown(to, e);
                    }
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UsageException("interrupted");
        }
    }

    private static UsageException notKnown(AgentAddress agent, IOException why) {
        return new UsageException(
                "whether the agent (process %d) took it on is not known: %s; look with history and status"
                        .formatted(agent.pid(), why));
    }

    private static String collection(RunRequest request) {
        return switch (request.kind()) {
            case RESTORE -> "restores";
            case DELETE -> "deletions";
            case ADOPT -> "adoptions";
            case FULL, DIFF -> throw new IllegalArgumentException(request.toString());
        };
    }

    private static String body(RunRequest request) {
        ObjectNode body = MAPPER.createObjectNode();
        body.set("order", MAPPER.valueToTree(Orders.toMap(request.order())));
        body.path("order")
                .properties()
                .removeIf(field -> field.getValue().isNull()); // What is left out is not said.
        return body.put("wait", true).toString();
    }

    /** Reads in the journal what becomes of the run. */
    private RunResult follow(Journal journal, long from, RunRequest request, String run) {
        long at = from;
        while (true) {
            // First, as what an agent writes before its end must still be read.
            boolean there = StateDirectory.isTaken(config.stateDirectory());
            Journal.Tail tail = journal.readFrom(at);
            at = tail.end();
            List<JournalEvent> news =
                    tail.events().stream().filter(e -> run.equals(e.run())).toList();
            news.forEach(this::tell);
            if (news.stream().anyMatch(e -> e.event().equals(JournalEvent.ENDED))) {
                return RunHistory.results(journal, request.target()).stream()
                        .filter(result -> result.run().equals(run))
                        .findFirst()
                        .orElseThrow();
            }
            if (!there) {
                String gone =
                        "the agent is gone; status tells whether run %s was begun, and goes on at its next start"
                                .formatted(run);
                console.message("[ERROR] " + gone);
                return RunResult.notBegun(request.target(), request.kind(), gone, Instant.now());
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void tell(JournalEvent event) {
        String place = event.detail("place") == null ? "" : " from " + event.detail("place");
        String what =
                "%s of %s%s".formatted(event.detail("operation"), event.detail("backup"), place);
        switch (event.event()) {
            case JournalEvent.BEGUN -> console.message("Begun.");
            case JournalEvent.OPERATION_ANNOUNCED -> console.message(what + " ...");
            case JournalEvent.OPERATION_ENDED ->
                    console.message(
                            "%s: %s%s"
                                    .formatted(
                                            event.detail("operation"),
                                            event.detail("status"),
                                            event.detail("error") == null
                                                    ? ""
                                                    : ", " + event.detail("error")));
            case JournalEvent.MARKER_MOVED ->
                    console.message("The marker names %s now.".formatted(event.detail("backup")));
            case JournalEvent.MARKER_REMOVED -> console.message("The marker is removed.");
            case JournalEvent.ENDED ->
                    console.message(
                            "%s%s"
                                    .formatted(
                                            event.detail("outcome"),
                                            event.detail("reason") == null
                                                    ? ""
                                                    : ": " + event.detail("reason")));
            default -> {
                // Of no use to somebody who waits.
            }
        }
    }

    /** Prints an outcome. */
    static void print(Console console, RunResult result, boolean json) {
        if (json) {
            console.json(List.of(result));
        } else if (result.outcome() == Outcome.SUCCESS) {
            console.line(
                    "Done in %s: %s"
                            .formatted(
                                    Durations.spoken(result.duration()),
                                    result.summary() == null
                                            ? result.backup() + " is proven and now the last backup"
                                            : result.summary()));
        }
    }
}
