package io.github.clickhousebackupagent.internal.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One at a time over all processes on this machine: a locked file in a folder, which the system
 * frees when its process ends, however it ends. Thread-safe.
 */
final class FileLocks {

    private static final Logger LOG = LogManager.getLogger(FileLocks.class);

    /** Whoever only asks whether it is held has it for less than that. */
    private static final int TRIES = 4;

    private static final long PAUSE_NANOS = 5_000_000;
    private static final String FILE = "lock";

    /**
     * What this process has locked. Locks are the process's own, and closing any channel to the
     * file frees them: nobody here may open a file that another agent here has locked.
     */
    private static final Set<Path> IN_THIS_PROCESS = ConcurrentHashMap.newKeySet();

    private record Held(Path file, FileLock lock) {}

    private final Function<String, Path> directoryOf;
    private final Map<String, Held> held = new ConcurrentHashMap<>();

    FileLocks(Function<String, Path> directoryOf) {
        this.directoryOf = directoryOf;
    }

    /**
     * Takes the lock of a target, or of what else has a folder.
     *
     * @return false if somebody else has it
     * @throws UncheckedIOException if the file cannot be made or locked
     */
    boolean take(String target) {
        Path directory = directoryOf.apply(target);
        try {
            Files.createDirectories(directory);
            Path file = directory.toRealPath().resolve(FILE);
            if (!IN_THIS_PROCESS.add(file)) {
                return false;
            }
            FileLock lock = null;
            try {
                lock = lock(file);
            } finally {
                if (lock == null) {
                    IN_THIS_PROCESS.remove(file);
                }
            }
            if (lock == null) {
                return false;
            }
            held.put(target, new Held(file, lock));
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(directory + ": cannot be locked: " + e, e);
        }
    }

    /** Returns the lock; null if another process has it. */
    private static FileLock lock(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
            for (int i = 1; lock == null && i < TRIES; i++) {
                LockSupport.parkNanos(PAUSE_NANOS);
                lock = channel.tryLock();
            }
            return lock;
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
    }

    /**
     * Returns whether anybody has the lock, and takes it from nobody.
     *
     * @throws UncheckedIOException if it cannot be found out
     */
    boolean isHeld(String target) {
        if (held.containsKey(target)) {
            return true;
        }
        Path file = directoryOf.apply(target).resolve(FILE);
        if (Files.exists(file) && isInThisProcess(file)) {
            return true;
        }
        // Shared, so that two who ask are not in each other's way; given back by the close.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.tryLock(0, Long.MAX_VALUE, true) == null;
        } catch (OverlappingFileLockException e) {
            return true; // By something else in this process.
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e, e);
        }
    }

    void release(String target) {
        Held what = held.remove(target);
        if (what == null) {
            return;
        }
        try {
            what.lock().acquiredBy().close();
        } catch (IOException e) {
            // The system frees it with the process at the latest; the run's outcome stands.
            LOG.error("{}: the lock cannot be released: {}", target, e.toString());
        } finally {
            IN_THIS_PROCESS.remove(what.file());
        }
    }

    /** Releases all that are held. */
    void releaseAll() {
        List.copyOf(held.keySet()).forEach(this::release);
    }

    private static boolean isInThisProcess(Path file) {
        try {
            return IN_THIS_PROCESS.contains(file.toRealPath());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e, e);
        }
    }
}
