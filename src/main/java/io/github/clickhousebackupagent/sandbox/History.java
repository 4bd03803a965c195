package io.github.clickhousebackupagent.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of {@code /backup/actions} since the server's start, and the lock that follows from
 * them.
 */
final class History {
    static final String IN_PROGRESS = "in progress";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

    private final boolean onlyTheLastRowLocks;
    private final Clock clock;
    private final List<Row> rows = new ArrayList<>();

    History(Settings settings) {
        // 2.4 looks at the last row only: a list or a delete that ended meanwhile hides what runs.
        this.onlyTheLastRowLocks = settings.is24();
        this.clock = settings.clock();
    }

    static String time(Instant instant, ZoneId zone) {
        return TIME.format(instant.atZone(zone));
    }

    synchronized Row start(String command, String operationId) {
        Row row = new Row(command, operationId, clock.instant());
        rows.add(row);
        return row;
    }

    /** Begins a row unless another operation runs. */
    synchronized Optional<Row> startAlone(String command, String operationId) {
        return locked() ? Optional.empty() : Optional.of(start(command, operationId));
    }

    synchronized boolean locked() {
        if (rows.isEmpty()) {
            return false;
        }
        return onlyTheLastRowLocks
                ? rows.get(rows.size() - 1).isInProgress()
                : rows.stream().anyMatch(Row::isInProgress);
    }

    synchronized void forget(Row row) {
        rows.remove(row);
    }

    synchronized void forgetAll() {
        rows.clear();
    }

    synchronized boolean isEmpty() {
        return rows.isEmpty();
    }

    /**
     * The row that a kill means: with no command the first that runs, else the first of that text.
     */
    synchronized Optional<Row> find(String command) {
        return rows.stream()
                .filter(Row::isInProgress)
                .filter(row -> command.isEmpty() || row.command.equals(command))
                .findFirst();
    }

    synchronized List<Map<String, Object>> last(String filter, int last) {
        List<Map<String, Object>> found =
                rows.stream().filter(r -> r.contains(filter)).map(this::json).toList();
        return last > 0 && found.size() > last
                ? found.subList(found.size() - last, found.size())
                : found;
    }

    synchronized List<Map<String, Object>> byOperationId(String id) {
        return rows.stream()
                .filter(r -> r.operationId.equals(id))
                .limit(1)
                .map(this::json)
                .toList();
    }

    private Map<String, Object> json(Row row) {
        synchronized (row) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("command", row.command);
            json.put("status", row.status);
            json.put("start", time(row.start, clock.getZone()));
            if (row.finish != null) {
                json.put("finish", time(row.finish, clock.getZone()));
            }
            if (!row.error.isEmpty()) {
                json.put("error", row.error);
            }
            if (!row.operationId.isEmpty()) {
                json.put("operation_id", row.operationId);
            }
            return json;
        }
    }

    /** One row. Guarded by itself. */
    final class Row {
        private final String command;
        private final String operationId;
        private final Instant start;
        private Instant finish;
        private String status = IN_PROGRESS;
        private String error = "";

        private Row(String command, String operationId, Instant start) {
            this.command = command;
            this.operationId = operationId;
            this.start = start;
        }

        synchronized boolean isInProgress() {
            return status.equals(IN_PROGRESS);
        }

        synchronized boolean contains(String filter) {
            return command.contains(filter) || status.contains(filter) || error.contains(filter);
        }

        String command() {
            return command;
        }

        String operationId() {
            return operationId;
        }

        /** Ends the row unless it has ended already, of a kill; says whether it did. */
        synchronized boolean end(String newStatus, String newError) {
            if (!isInProgress()) {
                return false;
            }
            status = newStatus;
            error = newError;
            finish = clock.instant();
            return true;
        }

        /** Gives the row a status without an end. */
        synchronized void stick(String newStatus) {
            if (isInProgress()) {
                status = newStatus;
            }
        }

        synchronized RecordedOperation recorded(Work work) {
            return new RecordedOperation(
                    work.operation(),
                    work.name(),
                    command,
                    operationId,
                    start,
                    Optional.ofNullable(finish),
                    status,
                    error);
        }
    }
}
