package io.github.clickhousebackupagent.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A container of an image, by buildah. Removed with all that was written to it. */
final class Container implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * What a command left.
     *
     * @param exitCode what it said
     * @param output its stdout and stderr
     */
    record Ended(int exitCode, String output) {}

    private final Path directory;
    private final String id;
    private final Path root;

    private Container(Path directory, String id, Path root) {
        this.directory = directory;
        this.id = id;
        this.root = root;
    }

    /**
     * Makes a container; nothing runs yet.
     *
     * @param directory where output is kept
     * @param volumes of the image: buildah would mount its own over some of ours
     */
    static Container of(String image, Path directory, String... volumes) throws Exception {
        String id = required(directory, "from", "--pull-never", image);
        for (String volume : volumes) {
            required(directory, "config", "--volume", volume + "-", id);
        }
        return new Container(directory, id, Path.of(required(directory, "mount", id)));
    }

    /** Returns what buildah tells of the image, as JSON. */
    static String inspect(String image, Path directory) throws Exception {
        return required(directory, "inspect", "--type", "image", image);
    }

    /** Returns where its files are. */
    Path root() {
        return root;
    }

    /** A command that runs in the container. */
    final class Running implements AutoCloseable {
        private final Process process;
        private final Path output;

        private Running(Process process, Path output) {
            this.process = process;
            this.output = output;
        }

        /** Returns the agent's own process, once it runs. */
        Optional<ProcessHandle> java() {
            return process.descendants()
                    .filter(each -> each.info().command().orElse("").endsWith("/java"))
                    .findFirst();
        }

        String output() {
            try {
                return Files.readString(output);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        Ended ended() throws Exception {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("did not end: " + output());
            }
            return new Ended(process.exitValue(), output());
        }

        @Override
        public void close() throws Exception {
            System.out.println(output()); // A test that fails is to show why.
            List<ProcessHandle> all = process.descendants().toList();
            all.forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /**
     * Starts a command, as the user of the image and with its environment.
     *
     * @param volumes folders and files of this machine, by where they are in the container
     */
    Running start(Map<String, Path> volumes, Map<String, String> environment, String... command)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of("run", "--isolation", "chroot"));
        volumes.forEach((there, here) -> arguments.addAll(List.of("-v", here + ":" + there)));
        environment.forEach(
                (name, value) -> arguments.addAll(List.of("--env", name + "=" + value)));
        arguments.add(id);
        arguments.addAll(List.of(command));
        Path output = Files.createTempFile(directory, "container-", ".out");
        return new Running(buildah(output, arguments), output);
    }

    @Override
    public void close() throws Exception {
        required(directory, "rm", id);
    }

    private static Process buildah(Path output, List<String> arguments) throws IOException {
        return new ProcessBuilder(
                        Stream.concat(
                                        Stream.of("buildah", "--storage-driver", "vfs"),
                                        arguments.stream())
                                .toList())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private static String required(Path directory, String... arguments) throws Exception {
        Path output = Files.createTempFile(directory, "buildah-", ".out");
        Process process = buildah(output, List.of(arguments));
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(
                    "buildah " + String.join(" ", arguments) + ": " + Files.readString(output));
        }
        return Files.readString(output).strip();
    }
}
