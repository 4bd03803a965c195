package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;

/**
 * The files of a folder of routes as they were at one moment. What is checked is what is loaded,
 * whatever is written to the folder meanwhile.
 */
final class RouteFiles {

    static final String SUFFIX = ".camel.yaml";

    private final Path folder;
    private final SortedMap<Path, byte[]> files;

    private RouteFiles(Path folder, SortedMap<Path, byte[]> files) {
        this.folder = folder;
        this.files = files;
    }

    /**
     * Reads them.
     *
     * @throws ConfigException if there are none, or they cannot be read
     */
    static RouteFiles read(Path folder) {
        SortedMap<Path, byte[]> files = new TreeMap<>();
        list(folder).forEach(file -> add(files, file));
        // Camel starts without a word where no file matches.
        if (files.isEmpty()) {
            throw new ConfigException(
                    folder + ": found no *" + SUFFIX + "; allowed: the folder of the routes");
        }
        return new RouteFiles(folder, files);
    }

    /**
     * Returns the files that are there, unread.
     *
     * @throws ConfigException if the folder cannot be read
     */
    static List<Path> list(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(RouteFiles::isOfRoutes).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new ConfigException(
                    folder + ": found no readable folder; allowed: the folder of the routes");
        }
    }

    /** What begins with a dot is of an editor, of a file system, or of a volume. */
    private static boolean isOfRoutes(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(SUFFIX) && !name.startsWith(".");
    }

    private static void add(Map<Path, byte[]> files, Path file) {
        try {
            files.put(file, Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return; // Deleted between the two looks.
        } catch (IOException e) {
            throw new ConfigException(
                    file
                            + ": found a file that cannot be read ("
                            + e
                            + "); allowed: a readable one");
        }
    }

    /** Returns the folder that they were read from. */
    Path folder() {
        return folder;
    }

    Collection<Path> paths() {
        return files.keySet();
    }

    byte[] content(Path file) {
        return files.get(file);
    }

    /** Returns them as Camel loads them. */
    List<Resource> resources() {
        List<Resource> resources = new ArrayList<>();
        files.forEach(
                (file, content) ->
                        resources.add(ResourceHelper.fromBytes("file:" + file, content)));
        return resources;
    }

    /** Returns the names of the files that another moment has other than this one, sorted. */
    List<String> changedSince(RouteFiles before) {
        SortedMap<Path, byte[]> all = new TreeMap<>(before.files);
        all.putAll(files);
        return all.keySet().stream()
                .filter(file -> !Arrays.equals(files.get(file), before.files.get(file)))
                .map(file -> file.getFileName().toString())
                .toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RouteFiles that
                && folder.equals(that.folder)
                && changedSince(that).isEmpty();
    }

    @Override
    public int hashCode() {
        return files.keySet().hashCode();
    }
}
