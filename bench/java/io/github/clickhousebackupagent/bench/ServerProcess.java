package io.github.clickhousebackupagent.bench;

import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Simulated servers in a process of their own, so that what they take of the machine can be told
 * from what the agent takes. Ends with the one that started it.
 */
final class ServerProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader answers;
    private final List<URI> uris = new ArrayList<>();

    /**
     * Starts servers, and returns when all listen.
     *
     * @param create how long a create takes
     * @param upload how long an upload takes
     */
    ServerProcess(int count, Duration create, Duration upload) throws IOException {
        process =
                new ProcessBuilder(
                                System.getProperty("java.home") + File.separator + "bin/java",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx2g",
                                "-Xss256k",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ServerProcess.class.getName(),
                                Integer.toString(count),
                                Long.toString(create.toMillis()),
                                Long.toString(upload.toMillis()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        answers =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        while (uris.size() < count) {
            uris.add(URI.create(answer()));
        }
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the simulated servers have ended");
        }
        return line;
    }

    List<URI> uris() {
        return uris;
    }

    /**
     * What all of them did until now.
     *
     * @param uploaded how many backups they have uploaded to the end
     * @param calls how many they were asked for
     */
    record Done(int uploaded, int calls) {}

    Done done() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        String[] counts = answer().split(" ");
        return new Done(Integer.parseInt(counts[0]), Integer.parseInt(counts[1]));
    }

    Taken taken() throws IOException {
        return Taken.of(process.pid());
    }

    /** Ends them, by the end of what they read. */
    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    /**
     * The other process: prints an address for each server, then for each byte that it reads how
     * many backups were uploaded and how many calls came in.
     *
     * @param arguments how many servers, and how many milliseconds their creates and uploads take
     */
    public static void main(String[] arguments) throws IOException {
        List<SimulatedServer> servers = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            SimulatedServer server =
                    SimulatedServer.builder()
                            .createTime(Duration.ofMillis(Long.parseLong(arguments[1])))
                            .uploadTime(Duration.ofMillis(Long.parseLong(arguments[2])))
                            .start();
            servers.add(server);
            System.out.println(server.uri());
        }
        while (System.in.read() >= 0) {
            System.out.printf(
                    "%d %d%n",
                    servers.stream().mapToInt(server -> server.remote().size()).sum(),
                    servers.stream().mapToInt(server -> server.calls().size()).sum());
        }
        System.exit(0);
    }
}
