package io.github.clickhousebackupagent.soak;

import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Simulated servers in a process of their own, which ends with the one that started it. */
final class SoakServers implements AutoCloseable {

    private static final int KEPT = 8;

    private final Process process;
    private final List<URI> uris;

    private SoakServers(Process process, List<URI> uris) {
        this.process = process;
        this.uris = uris;
    }

    /**
     * Starts them.
     *
     * @throws IOException if they do not say where they listen
     */
    static SoakServers start(int count) throws IOException {
        Process process =
                new ProcessBuilder(
                                System.getProperty("java.home") + File.separator + "bin/java",
                                "-Xmx1g",
                                "-cp",
                                System.getProperty("java.class.path"),
                                SoakServers.class.getName(),
                                Integer.toString(count))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<URI> uris = new ArrayList<>();
        while (uris.size() < count) {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("the servers ended before they listened");
            }
            uris.add(URI.create(line));
        }
        return new SoakServers(process, uris);
    }

    URI uri(int server) {
        return uris.get(server);
    }

    /** Ends them, by the end of what they read. */
    @Override
    public void close() throws Exception {
        process.getOutputStream().close();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }

    /**
     * The other process.
     *
     * @param arguments how many servers
     */
    public static void main(String[] arguments) throws IOException {
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            ServerVersion version = i % 2 == 0 ? ServerVersion.V2_8 : ServerVersion.V2_4;
            SimulatedServer server =
                    SimulatedServer.builder()
                            .version(version)
                            .keepLocal(KEPT)
                            .keepRemote(KEPT)
                            .start();
            System.out.println(server.uri());
        }
        while (System.in.read() >= 0) {
            continue; // Until the other end is closed, also by a kill.
        }
        System.exit(0);
    }
}
