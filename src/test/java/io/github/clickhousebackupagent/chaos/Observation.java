package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What can be seen of a target at a moment: what the agent wrote down, and what the server
 * remembers of itself.
 *
 * @param target its name
 * @param marker the whole content of the marker's file; empty if there is none
 * @param journal what the agent wrote down
 * @param calls what the server was asked for
 * @param operations what it began to do, in that order
 * @param remote the remote backups
 * @param completeUploads how many times a backup was uploaded to the end, by name
 */
record Observation(
        String target,
        Optional<String> marker,
        List<JournalEvent> journal,
        List<RecordedCall> calls,
        List<RecordedOperation> operations,
        List<SimulatedBackup> remote,
        Map<String, Integer> completeUploads) {

    /** Looks while agent and server go on. */
    static Observation of(String target, SimulatedServer server, Path markerFile, Path journal) {
        // What follows from something is read before it: what is written in between cannot be
        // mistaken for missing then.
        Optional<String> marker = read(markerFile);
        List<RecordedCall> calls = server.calls();
        List<RecordedOperation> operations = server.operations();
        List<JournalEvent> events = new Journal(journal).read();
        Map<String, Integer> completeUploads = new HashMap<>();
        for (RecordedOperation operation : operations) {
            completeUploads.computeIfAbsent(operation.name(), server::completeUploads);
        }
        return new Observation(
                target, marker, events, calls, operations, server.remote(), completeUploads);
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the names of proven backups, in the order of their proofs, each once. */
    List<String> proven() {
        return journal.stream()
                .filter(event -> event.event().equals(JournalEvent.PROVEN))
                .map(event -> event.detail("backup"))
                .distinct()
                .toList();
    }

    /** Returns whether the server began an operation by itself, after a restart. */
    static boolean isResumedByServer(RecordedOperation operation) {
        return operation.command().contains("--resumable=1");
    }

    /** Returns the end of all that is known, for who has to find out what happened. */
    String tail() {
        StringBuilder out = new StringBuilder();
        out.append("target ").append(target).append(", marker ").append(marker).append('\n');
        append(out, "journal", journal, 40);
        append(out, "operations of the server", operations, 20);
        append(
                out,
                "POSTs to the server",
                calls.stream().filter(c -> c.method().equals("POST")).toList(),
                20);
        append(out, "calls to the server", calls, 30);
        append(out, "remote backups", remote, 10);
        return out.toString();
    }

    private static void append(StringBuilder out, String what, List<?> all, int last) {
        out.append("  ").append(what).append(" (the last of ").append(all.size()).append("):\n");
        for (Object one : all.subList(Math.max(0, all.size() - last), all.size())) {
            out.append("    ").append(one).append('\n');
        }
    }
}
