package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.control.Control;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
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
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
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
        long from = journal.readFrom(0).end();
        if (running.isPresent() && handOver(running.get(), request)) {
            console.message(
                    "The agent (process %d) does it, also when this command is ended: run %s"
                            .formatted(running.get().pid(), request.run()));
            return follow(journal, from, request);
        }
        return agent.run(request);
    }

    /** Returns whether the agent takes it on. */
    private boolean handOver(AgentAddress to, RunRequest request) {
        URI url = URI.create(to.url() + "/control/runs");
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
                        .POST(BodyPublishers.ofString(Control.json(request)))
                        .build();
        try {
            HttpResponse<String> answer = client.send(call, BodyHandlers.ofString());
            Instant limit = Instant.now().plus(LIMIT);
            while (answer.statusCode() == 503 && Instant.now().isBefore(limit)) {
                // It takes up an edit of its routes, and has nobody to answer for a moment.
                LockSupport.parkNanos(PAUSE.toNanos());
                answer = client.send(call, BodyHandlers.ofString());
            }
            if (answer.statusCode() != 202 || !answer.body().contains(request.run())) {
                throw new UsageException(
                        "the agent (process %d) refuses: %d, %s"
                                .formatted(to.pid(), answer.statusCode(), answer.body()));
            }
            return true;
        } catch (ConnectException e) {
            // It is just starting or stopping. The lock of the target keeps both apart.
            console.message(
                    "The agent (process %d) cannot be reached; it is done by this command."
                            .formatted(to.pid()));
            return false;
        } catch (IOException e) {
            // It may have taken it on: a second time would do harm.
            throw new UsageException(
                    "whether the agent (process %d) took it on is not known: %s; look with history and status"
                            .formatted(to.pid(), e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UsageException("interrupted");
        }
    }

    /** Reads in the journal what becomes of the run. */
    private RunResult follow(Journal journal, long from, RunRequest request) {
        long at = from;
        while (true) {
            // First, as what an agent writes before its end must still be read.
            boolean there = StateDirectory.isTaken(config.stateDirectory());
            Journal.Tail tail = journal.readFrom(at);
            at = tail.end();
            List<JournalEvent> news =
                    tail.events().stream().filter(e -> request.run().equals(e.run())).toList();
            news.forEach(this::tell);
            if (news.stream().anyMatch(e -> e.event().equals(JournalEvent.ENDED))) {
                return RunHistory.results(journal, request.target()).stream()
                        .filter(result -> result.run().equals(request.run()))
                        .findFirst()
                        .orElseThrow();
            }
            if (!there) {
                String gone =
                        "the agent is gone; status tells whether run %s was begun, and goes on at its next start"
                                .formatted(request.run());
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
