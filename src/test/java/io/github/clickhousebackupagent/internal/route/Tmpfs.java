package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small file system of its own, which can be full or read-only also for root, whom permissions do
 * not keep from anything. Tests that need it are skipped where it cannot be mounted.
 */
final class Tmpfs implements AutoCloseable {

    private final Path directory;
    private boolean covered;

    private Tmpfs(Path directory) {
        this.directory = directory;
    }

    /** Mounts one with 256 kB at a folder, which is made. */
    static Tmpfs at(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        boolean mounted = mount(directory, "size=256k");
        assumeTrue(mounted, "no tmpfs can be mounted here: Linux and CAP_SYS_ADMIN are needed");
        return new Tmpfs(directory);
    }

    /** Takes all the space there is. */
    void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(directory.resolve("filler"))) {
            byte[] page = new byte[4096];
            while (true) {
                out.write(page);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    /** Gives the space back. */
    void free() throws IOException {
        Files.delete(directory.resolve("filler"));
    }

    /**
     * Puts an empty one over it to which nothing can be written. While a file is open for writing,
     * such as a log, it cannot itself be made read-only.
     */
    void readOnly() throws IOException, InterruptedException {
        assertThat(mount(directory, "ro")).isTrue();
        covered = true;
    }

    void writable() throws IOException, InterruptedException {
        assertThat(run("umount", directory.toString())).isTrue();
        covered = false;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (covered) {
            writable();
        }
        // Lazily: a log may still be open.
        assertThat(run("umount", "-l", directory.toString())).isTrue();
    }

    private static boolean mount(Path directory, String options)
            throws IOException, InterruptedException {
        return run("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString());
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(command));
        Process process;
        try {
            process = new ProcessBuilder(words).redirectErrorStream(true).start();
        } catch (IOException e) {
            return false; // No such program, as on other systems.
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(said).isTrue();
        return process.exitValue() == 0;
    }
}
