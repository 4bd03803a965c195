package io.github.clickhousebackupagent.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One at a time over all processes on this machine: a locked file in a folder, which the system
 * frees when its process ends, however it ends. Thread-safe.
 */
final class FileLocks {

    private static final Logger LOG = LogManager.getLogger(FileLocks.class);

    private final Function<String, Path> directoryOf;
    private final Map<String, FileLock> held = new ConcurrentHashMap<>();

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
            FileChannel channel =
                    FileChannel.open(
                            directory.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = tryLock(channel);
            } finally {
                if (lock == null) {
                    channel.close();
                }
            }
            if (lock == null) {
                return false;
            }
            held.put(target, lock);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(directory + ": cannot be locked: " + e, e);
        }
    }

    void release(String target) {
        FileLock lock = held.remove(target);
        if (lock == null) {
            return;
        }
        try {
            lock.acquiredBy().close();
        } catch (IOException e) {
            // The system frees it with the process at the latest; the run's outcome stands.
            LOG.error("{}: the lock cannot be released: {}", target, e.toString());
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // Held by another agent in this process.
        }
    }
}
