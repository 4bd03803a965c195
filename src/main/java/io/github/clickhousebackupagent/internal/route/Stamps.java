package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What a file system tells of the files that are followed, without reading them. Links are
 * followed, as a volume of Kubernetes changes by one.
 *
 * @param files what is told of each
 * @param taken when it was looked
 */
record Stamps(Map<Path, Stamp> files, Instant taken) {

    /** A file system may tell times in steps as coarse as that. */
    private static final Duration COARSE = Duration.ofSeconds(2);

    /**
     * What is told of a file.
     *
     * @param modified when it was written last
     * @param size in bytes
     * @param key which file it is; null: the file system does not tell
     */
    record Stamp(Instant modified, long size, Object key) {}

    /** Of a file that is not there, or cannot be looked at. */
    private static final Stamp NOTHING = new Stamp(Instant.EPOCH, -1, null);

    /**
     * Looks at the same files again; which ones a folder has is known as long as the folder is the
     * same.
     */
    Stamps again() {
        Map<Path, Stamp> now = new HashMap<>();
        files.keySet().forEach(file -> add(now, file));
        return new Stamps(now, taken); // Two are equal where the same is told.
    }

    /**
     * Looks.
     *
     * @param config the configuration; null: it is not followed
     * @param folder the folder of the routes; null: they are not followed
     * @param secrets the files that the configuration names
     */
    static Stamps of(Path config, Path folder, Collection<Path> secrets) {
        Instant began = Instant.now();
        Map<Path, Stamp> files = new HashMap<>();
        if (config != null) {
            add(files, config);
            secrets.forEach(file -> add(files, file));
        }
        if (folder != null) {
            add(files, folder);
            try {
                RouteFiles.list(folder).forEach(file -> add(files, file));
            } catch (ConfigException e) {
                files.put(folder, NOTHING);
            }
        }
        return new Stamps(files, began);
    }

    private static void add(Map<Path, Stamp> files, Path file) {
        try {
            BasicFileAttributes told = Files.readAttributes(file, BasicFileAttributes.class);
            files.put(
                    file,
                    new Stamp(told.lastModifiedTime().toInstant(), told.size(), told.fileKey()));
        } catch (IOException e) {
            files.put(file, NOTHING); // What reads it says what is wrong with it.
        }
    }

    /**
     * Returns whether the same can be told only of the same contents: what was written just now may
     * be written again without another time.
     */
    boolean areOld() {
        return files.values().stream()
                .allMatch(file -> file.modified().isBefore(taken.minus(COARSE)));
    }
}
