package io.github.clickhousebackupagent.run;

import java.nio.file.Files;
import java.nio.file.Path;

/** The state folder of an agent with schedules, which is for one such agent only. */
public final class StateDirectory implements AutoCloseable {

    private static final String AGENT = "agent";

    private final FileLocks lock;

    private StateDirectory(FileLocks lock) {
        this.lock = lock;
    }

    /**
     * Takes it, until it is closed or the process ends.
     *
     * @throws AgentRunningException if another agent has it
     * @throws java.io.UncheckedIOException if it cannot be locked
     */
    public static StateDirectory take(Path directory) {
        FileLocks lock = new FileLocks(agent -> directory);
        if (!lock.take(AGENT)) {
            throw new AgentRunningException(directory);
        }
        return new StateDirectory(lock);
    }

    /** Returns whether an agent has it, this one or another. */
    public static boolean isTaken(Path directory) {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        FileLocks lock = new FileLocks(agent -> directory);
        boolean free = lock.take(AGENT);
        lock.release(AGENT);
        return !free;
    }

    /** Gives it back. */
    @Override
    public void close() {
        lock.release(AGENT);
    }
}
