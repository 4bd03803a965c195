package io.github.clickhousebackupagent.internal.run;

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

    /**
     * Returns whether an agent with schedules runs on a state folder, and disturbs none. Not for
     * the process that it lives in, see {@link FileLocks#isHeld}.
     *
     * @throws java.io.UncheckedIOException if it cannot be found out
     */
    public static boolean isTaken(Path directory) {
        return new FileLocks(agent -> directory).isHeld(AGENT);
    }

    /**
     * Returns whether an agent or a command is at work on a target, and disturbs none. Not for the
     * process that is.
     *
     * @param directory that of the target
     * @throws java.io.UncheckedIOException if it cannot be found out
     */
    public static boolean isAtWork(Path directory) {
        return new FileLocks(target -> directory).isHeld("target");
    }

    /** Gives it back. */
    @Override
    public void close() {
        lock.release(AGENT);
    }
}
