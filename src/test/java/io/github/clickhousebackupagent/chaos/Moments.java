package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.chaos.KillPlan.Kill;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Waits for the moments at which something is to be killed.
 *
 * @param servers where they come
 * @param config says where the journals are
 */
record Moments(ChaosServers servers, ChaosConfig config) {

    // Some moments are over in a few milliseconds.
    private static final Duration PAUSE = Duration.ofMillis(2);

    /**
     * What waiting for a moment came to.
     *
     * @param met whether the moment came
     * @param server the number of the server at which it came; empty if it has to do with none
     */
    record Aim(boolean met, OptionalInt server) {
        private static final Aim AT_NONE = new Aim(true, OptionalInt.empty());
    }

    /**
     * Waits for the moment of a kill, and the delay that it has besides.
     *
     * @param limit how long is waited for the moment at most
     */
    Aim await(Kill kill, Duration limit) throws IOException, InterruptedException {
        Aim aim =
                switch (kill.moment()) {
                    case ANY, AT_START -> Aim.AT_NONE;
                    case OPERATION_BEGUN -> awaitOperation(limit, operation -> true);
                    case HALF_ANSWER -> awaitHalfAnswer(limit);
                    case UPLOAD_ENDED -> awaitEndOfUpload(limit);
                    case PROVEN -> awaitProof(limit);
                };
        // What is tested is that any moment will do: there is no condition to wait for here.
        new CountDownLatch(1).await(kill.after().toNanos(), TimeUnit.NANOSECONDS);
        return aim;
    }

    private Aim awaitHalfAnswer(Duration limit) {
        for (SimulatedServer server : servers.all()) {
            server.faults().halfAnswer("/backup/create", 1);
            server.faults().halfAnswer("/backup/upload/", 1);
        }
        Aim aim = awaitOperation(limit, operation -> true);
        for (int i = 0; i < servers.count(); i++) {
            if (!aim.server().equals(OptionalInt.of(i))) {
                servers.forgetFaults(i);
            }
        }
        return aim;
    }

    private Aim awaitEndOfUpload(Duration limit) {
        Instant now = Instant.now();
        return awaitOperation(
                limit,
                operation ->
                        operation.operation().equals("upload")
                                && operation.status().equals("success")
                                && operation.finish().orElse(now).isAfter(now));
    }

    /** Waits for the first server at which an operation that was asked for begins or ends so. */
    private Aim awaitOperation(Duration limit, Predicate<RecordedOperation> which) {
        int[] known =
                servers.all().stream().mapToInt(server -> server.operations().size()).toArray();
        Instant now = Instant.now();
        Predicate<RecordedOperation> isNew =
                operation ->
                        operation.start().isAfter(now)
                                || operation.finish().orElse(now).isAfter(now);
        return first(
                limit,
                // With the last ones of those before, which may have been in the middle.
                i ->
                        servers.get(i).operations(Math.max(0, known[i] - 2)).stream()
                                .filter(isNew)
                                .filter(operation -> !Observation.isResumedByServer(operation))
                                .anyMatch(which));
    }

    /** Waits until the agent writes down that a backup is proven. */
    private Aim awaitProof(Duration limit) throws IOException {
        long[] known = new long[servers.count()];
        for (int i = 0; i < known.length; i++) {
            Path journal = journal(i);
            known[i] = Files.exists(journal) ? Files.size(journal) : 0;
        }
        String proven = "\"" + JournalEvent.PROVEN + "\"";
        return first(limit, i -> textAfter(journal(i), known[i]).contains(proven));
    }

    private Path journal(int server) {
        return config.journal(ChaosConfig.target(server));
    }

    private static String textAfter(Path file, long known) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, channel.size() - known));
            channel.read(bytes, known);
            return new String(bytes.array(), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Sign {
        boolean isAt(int server);
    }

    private Aim first(Duration limit, Sign sign) {
        int[] found = new int[1];
        boolean met =
                holds(
                        limit,
                        () -> {
                            for (int i = 0; i < servers.count(); i++) {
                                if (sign.isAt(i)) {
                                    found[0] = i;
                                    return true;
                                }
                            }
                            return false;
                        });
        return new Aim(met, met ? OptionalInt.of(found[0]) : OptionalInt.empty());
    }

    /** Waits until something holds, and returns whether it did in time. */
    static boolean holds(Duration limit, BooleanSupplier condition) {
        try {
            Awaitility.await()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(PAUSE)
                    .pollInSameThread()
                    .atMost(limit.plus(PAUSE).plus(PAUSE))
                    .until(condition::getAsBoolean);
            return true;
        } catch (ConditionTimeoutException e) {
            return false; // A moment that does not come is a moment, too.
        }
    }
}
