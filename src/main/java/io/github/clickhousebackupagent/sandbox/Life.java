package io.github.clickhousebackupagent.sandbox;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The server from a start to its death: what listens, the history, and what runs in the background.
 */
final class Life {
    private final Settings settings;
    private final Node node;
    private final Faults faults;
    private final Ids ids;
    private final Consumer<Running> begun;
    private final History history;
    private final ExecutorService threads;
    private final Map<History.Row, Running> running = new ConcurrentHashMap<>();
    private final Map<History.Row, CountDownLatch> deletes = new ConcurrentHashMap<>();
    private HttpServer http;
    private volatile boolean dead;

    Life(Settings settings, Node node, Faults faults, Ids ids, Consumer<Running> begun) {
        this.settings = settings;
        this.node = node;
        this.faults = faults;
        this.ids = ids;
        this.begun = begun;
        this.history = new History(settings);
        // No thread while nothing is asked for, so that hundreds of servers cost little.
        this.threads =
                new ThreadPoolExecutor(
                        0,
                        Integer.MAX_VALUE,
                        2,
                        TimeUnit.SECONDS,
                        new SynchronousQueue<>(),
                        task -> {
                            Thread thread = new Thread(task, "simulated-clickhouse-backup");
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    History history() {
        return history;
    }

    /**
     * Resumes what is unfinished and begins to listen, in this order, so that no caller finds less;
     * in the other order if there is a delay, as a real server does.
     */
    void listen(Port port, Api api) throws IOException {
        if (settings.resumeDelay().isZero()) {
            resume(node.resumable());
        }
        http = port.listen();
        http.setExecutor(threads);
        http.createContext("/", api);
        try {
            // The dispatcher inherits from the thread that starts it that it is a daemon.
            threads.submit(http::start).get();
            if (!settings.resumeDelay().isZero()) {
                threads.execute(this::resumeLater);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting", e);
        } catch (ExecutionException e) {
            throw new IOException("cannot start", e.getCause());
        }
    }

    /** Ends all at once: connections break, operations stop where they are. */
    void die() {
        synchronized (node) {
            dead = true;
        }
        // Before the interrupts: an operation that ends of them is no longer among the running.
        running.values().forEach(r -> r.row.end("killed", ""));
        if (http != null) {
            http.stop(0);
        }
        threads.shutdownNow();
    }

    boolean isDead() {
        return dead;
    }

    /** Begins work in the background unless the server is locked. */
    Optional<History.Row> begin(Work work, boolean withId) {
        String id = withId && !settings.is24() ? ids.next() : "";
        // Not while it dies: what began after that would be on record in the midst of its next
        // life.
        synchronized (node) {
            if (dead) {
                return Optional.empty();
            }
            Optional<History.Row> row = history.startAlone(work.command(), id);
            row.ifPresent(r -> run(new Running(r, work), false));
            return row;
        }
    }

    /** Holds the lock for an operation that is only a row. */
    Gate lock(String command) {
        History.Row row = history.start(command, settings.is24() ? "" : ids.next());
        return new Gate(() -> row.end("success", ""));
    }

    /**
     * Cancels a running row.
     *
     * @return its command
     */
    String cancel(String command, String reason) throws OperationFailed {
        if (history.isEmpty()) {
            throw new OperationFailed("empty command list");
        }
        History.Row row =
                history.find(command)
                        .orElseThrow(
                                () -> new OperationFailed("command `" + command + "` not found"));
        row.end("cancel", reason);
        Running operation = running.get(row);
        if (operation != null) {
            operation.cancel(settings.is24());
        }
        CountDownLatch delete = deletes.get(row);
        if (delete != null && !settings.is24()) {
            awaitEndOf(delete);
        }
        return row.command();
    }

    /** As long as it takes, or until the server dies. */
    private static void awaitEndOf(CountDownLatch work) {
        try {
            work.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Deletes while the caller waits, and goes on if the caller does not, or if it is killed. */
    void delete(History.Row row, String where, String name)
            throws OperationFailed, InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        deletes.put(row, ended);
        try {
            change(() -> node.beginDelete(where, name));
            Optional<Gate> gate = faults.takeGate("delete");
            if (gate.isPresent()) {
                gate.get().await();
            } else {
                pause(
                        faults.durationOf("delete")
                                .orElse(
                                        where.equals("remote")
                                                ? settings.listTime()
                                                : Duration.ZERO));
            }
            change(() -> node.finishDelete(where, name));
            row.end("success", "");
        } catch (OperationFailed e) {
            row.end("error", e.getMessage());
            throw e;
        } finally {
            deletes.remove(row);
            ended.countDown();
        }
    }

    private void resumeLater() {
        try {
            pause(settings.resumeDelay());
            resume(node.resumable());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // It died before it came to it.
        }
    }

    /** Resumes one after the other; gives up all that are left where another operation runs. */
    private void resume(List<Work> resumable) {
        if (resumable.isEmpty()) {
            return;
        }
        Work work = resumable.get(0);
        synchronized (node) {
            if (dead) {
                return;
            }
            history.startAlone(work.command(), "")
                    .ifPresent(
                            row ->
                                    run(
                                            new Running(row, work) {
                                                @Override
                                                void afterSuccess() {
                                                    node.forgetState(work);
                                                    resume(resumable.subList(1, resumable.size()));
                                                }
                                            },
                                            true));
        }
    }

    private void run(Running operation, boolean resumed) {
        Optional<Ending> ending = faults.takeEnding(operation.work.operation());
        boolean ends = !(ending.orElse(null) instanceof Ending.Never);
        if (operation.work.operation().equals("restore") && ends) {
            operation.goOnToTheEnd();
        }
        running.put(operation.row, operation);
        begun.accept(operation);
        try {
            operation.future =
                    threads.submit(
                            () -> new Operation(operation, ending.orElse(null), resumed).run());
        } catch (RejectedExecutionException e) {
            // The server died between the call and its work.
            operation.row.end("killed", "");
            operation.ended.countDown();
        }
        operation.submitted.countDown();
    }

    /** Changes the node, unless the server died meanwhile. */
    private void change(Change change) throws OperationFailed, InterruptedException {
        synchronized (node) {
            if (dead || Thread.interrupted()) {
                throw new InterruptedException();
            }
            change.apply();
        }
    }

    private interface Change {
        void apply() throws OperationFailed;
    }

    /** Work in the background, and its row. */
    static class Running {
        private final History.Row row;
        private final Work work;
        private final CountDownLatch submitted = new CountDownLatch(1);
        private final CountDownLatch ended = new CountDownLatch(1);
        private final AtomicBoolean taken = new AtomicBoolean();
        private volatile Future<?> future;
        // Set before the row ends: who reads the end may ask for the next at once.
        private volatile boolean over;
        private boolean goesOn;

        Running(History.Row row, Work work) {
            this.row = row;
            this.work = work;
        }

        void afterSuccess() {}

        RecordedOperation recorded() {
            return row.recorded(work);
        }

        /** From here on a kill changes the row only. */
        private synchronized void goOnToTheEnd() {
            goesOn = true;
        }

        private void cancel(boolean answersAtOnce) {
            try {
                submitted.await();
                synchronized (this) {
                    if (goesOn && answersAtOnce) {
                        return;
                    }
                    if (!goesOn && taken.compareAndSet(false, true)) {
                        return; // No thread has come to it, and now none will.
                    }
                    if (!goesOn && future != null) {
                        future.cancel(true);
                    }
                }
                // An answer of the newer server means that nothing runs any more.
                ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One operation, step by step. */
    private final class Operation implements Runnable {
        private final Running running;
        private final Work work;
        private final Ending ending;
        private final boolean resumed;
        private boolean creating;

        Operation(Running running, Ending ending, boolean resumed) {
            this.running = running;
            this.work = running.work;
            this.ending = ending;
            this.resumed = resumed;
        }

        @Override
        public void run() {
            if (!running.taken.compareAndSet(false, true)) {
                return; // It was cancelled before it began.
            }
            try {
                settings.beforeWork().run(work.command());
                refuseBesideAnother();
                perform();
                if (ending instanceof Ending.FailedAfterwards failed) {
                    throw new OperationFailed(failed.error());
                }
                finish("success", "", "success", "");
                // Before the latch, so that the next resumed row follows without a gap.
                running.afterSuccess();
            } catch (OperationFailed e) {
                finish("error", e.getMessage(), "error", e.getMessage());
            } catch (Stopped e) {
                finish(e.status, e.getMessage(), "error", "context canceled");
            } catch (InterruptedException e) {
                abandon();
                running.over = true;
                if (dead) {
                    running.row.end("killed", "");
                } else {
                    call("error", "context canceled");
                }
            } finally {
                Life.this.running.remove(running.row);
                running.ended.countDown();
            }
        }

        /** The newer server keeps a file for each name that something is done with. */
        private void refuseBesideAnother() throws OperationFailed {
            if (settings.is24()) {
                return;
            }
            for (Running other : Life.this.running.values()) {
                if (other != running && !other.over && other.work.name().equals(work.name())) {
                    throw new OperationFailed(
                            "another clickhouse-backup `%s` command is already running %s (pid=1, pidPath=/tmp/clickhouse-backup.%s.pid, cmdLine=clickhouse-backup server)"
                                    .formatted(
                                            other.work.operation(),
                                            settings.clock().instant(),
                                            work.name()));
                }
            }
        }

        private void finish(String status, String error, String calledStatus, String calledError) {
            running.over = true;
            if (ending instanceof Ending.Vanished) {
                running.row.end(status, error);
                history.forget(running.row);
                return;
            }
            if (ending instanceof Ending.Stuck stuck) {
                running.row.stick(stuck.status());
                return;
            }
            running.row.end(status, error);
            call(calledStatus, calledError);
        }

        private void call(String status, String error) {
            for (String url : work.callbacks()) {
                if (!faults.callbacksWithheld() && !dead) {
                    Callbacks.post(url, status, error, running.row.operationId());
                }
            }
        }

        private void perform() throws OperationFailed, InterruptedException {
            switch (work.operation()) {
                case "create" -> create(true);
                case "create_remote" -> {
                    create(false);
                    upload();
                }
                case "upload" -> upload();
                case "download" -> {
                    change(() -> node.beginDownload(work, false));
                    pause(settings.uploadTime());
                    endOtherwise();
                    change(() -> node.finishDownload(work, resumed));
                }
                case "restore" -> restore();
                case "restore_remote" -> {
                    try {
                        change(() -> node.beginDownload(work, true));
                        wait(settings.uploadTime());
                        change(() -> node.finishDownload(work, false));
                    } catch (OperationFailed e) {
                        throw new OperationFailed("RestoreFromRemote Download: " + e.getMessage());
                    }
                    restore();
                }
                default -> throw new OperationFailed("unknown command " + work.operation());
            }
        }

        private void create(boolean last) throws OperationFailed, InterruptedException {
            change(() -> node.beginCreate(work));
            creating = true;
            if (last) {
                pause(settings.createTime());
                endOtherwise();
            } else {
                wait(faults.durationOf("create").orElse(settings.createTime()));
            }
            change(() -> node.finishCreate(work.name()));
            creating = false;
        }

        private void upload() throws OperationFailed, InterruptedException {
            failToResumeDiff();
            boolean nothingLeft = resumed && node.isUploadComplete(work.name());
            change(() -> node.beginUpload(work));
            if (!nothingLeft) {
                pause(settings.uploadTime());
                endOtherwise();
            }
            change(
                    () -> {
                        node.finishUpload(work, !nothingLeft);
                        if (ending instanceof Ending.Damaged damaged) {
                            node.damage(work.name(), damaged.damage());
                        }
                    });
        }

        /**
         * The older server looks for the base of what it resumes with the quotes around its name.
         */
        private void failToResumeDiff() throws OperationFailed {
            if (!resumed || !settings.is24()) {
                return;
            }
            if (!work.diffFrom().isEmpty()) {
                throw new OperationFailed(
                        "b.getTablesForUploadDiffLocal return error: open \"%s\"/metadata.json: no such file or directory"
                                .formatted(work.diffFrom()));
            }
            if (!work.diffFromRemote().isEmpty()) {
                throw new OperationFailed(
                        "b.getTablesForUploadDiffRemote return error: \"%s\" not found on remote storage"
                                .formatted(work.diffFromRemote()));
            }
        }

        private void restore() throws OperationFailed, InterruptedException {
            if (!(ending instanceof Ending.Never)) {
                running.goOnToTheEnd();
            }
            AtomicReference<Restoring> restoring = new AtomicReference<>();
            change(() -> restoring.set(node.beginRestore(work)));
            pause(settings.createTime());
            endOtherwise();
            change(() -> restoring.get().finish());
        }

        private void pause(Duration configured) throws InterruptedException {
            Optional<Gate> gate = faults.takeGate(work.operation());
            if (gate.isPresent()) {
                gate.get().await();
            } else {
                wait(faults.durationOf(work.operation()).orElse(configured));
            }
        }

        private void wait(Duration duration) throws InterruptedException {
            Life.pause(duration);
        }

        private void endOtherwise() throws InterruptedException, OperationFailed {
            if (ending instanceof Ending.Never) {
                new CountDownLatch(1).await();
            }
            if (ending instanceof Ending.Failed failed) {
                abandon();
                throw new Stopped(failed.status(), failed.error());
            }
            if (ending instanceof Ending.Stuck) {
                throw new Stopped("", "");
            }
        }

        /** An unfinished create leaves nothing, unless the whole server died. */
        private void abandon() {
            synchronized (node) {
                if (!dead && creating) {
                    node.abandonCreate(work.name());
                }
            }
        }
    }

    static void pause(Duration duration) throws InterruptedException {
        if (!duration.isZero()) {
            TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        }
    }

    /** An operation ends in a way that a fault chose. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String status;

        Stopped(String status, String error) {
            super(error);
            this.status = status;
        }
    }

    /** Makes ids that look like the time-based ones of the server, and never the same twice. */
    static final class Ids {
        private static final long FROM_1582_TO_1970_IN_100_NANOS = 0x01B21DD213814000L;
        private final Settings settings;
        private final LongSupplier node;
        private long last;

        Ids(Settings settings, LongSupplier node) {
            this.settings = settings;
            this.node = node;
        }

        synchronized String next() {
            Instant now = settings.clock().instant();
            long ticks =
                    FROM_1582_TO_1970_IN_100_NANOS
                            + now.getEpochSecond() * 10_000_000
                            + now.getNano() / 100;
            last = Math.max(last + 1, ticks);
            return String.format(
                    Locale.ROOT,
                    "%08x-%04x-1%03x-98c3-%012x",
                    last & 0xffffffffL,
                    (last >>> 32) & 0xffff,
                    (last >>> 48) & 0xfff,
                    node.getAsLong());
        }
    }
}
