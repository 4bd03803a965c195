package io.github.clickhousebackupagent.bench;

import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * How long a run takes beside what the server does for it: from the second at which it is due to
 * its outcome. With and without callbacks in turn, and beside both a script that asks at fixed
 * intervals.
 */
final class RunTime implements Benchmark {

    private static final Duration CREATE = Duration.ofMillis(200);
    private static final Duration UPLOAD = Duration.ofSeconds(1);
    private static final int PERIOD_SECONDS = 4;

    @Override
    public String name() {
        return "run-time";
    }

    @Override
    public Result run(Setting setting) throws Exception {
        int times = setting.times(3, 20);
        List<Figure> figures = new ArrayList<>();
        try (SimulatedServer called = server();
                SimulatedServer asked = server();
                SimulatedServer polled = server()) {
            // In its pauses it does nothing, and there is little else.
            CompletableFuture<Double> poller =
                    setting.isShort()
                            ? null
                            : CompletableFuture.supplyAsync(() -> poll(setting, polled.uri()));
            Place calls = Place.in(setting.folder(), "callbacks");
            Place asks = Place.in(setting.folder(), "asking");
            try (AgentProcess with = start(setting, calls, called, 0, "http: { port: 0 }");
                    AgentProcess without =
                            start(
                                    setting,
                                    asks,
                                    asked,
                                    2,
                                    "http: { port: 0, callback-url: off }")) {
                Patient.until(
                        Duration.ofSeconds(60L + PERIOD_SECONDS * times),
                        () -> {
                            with.requireAlive();
                            without.requireAlive();
                            return ended(calls) >= times && ended(asks) >= times;
                        });
            }
            add(figures, "run-callbacks", calls, called, times);
            add(figures, "run-asking", asks, asked, times);
            if (poller != null) {
                double seconds = poller.get(5, TimeUnit.MINUTES);
                figures.add(
                        Figure.of(
                                "run-poller", "ratio", seconds / work(polled.operations()).get(0)));
                figures.add(Figure.of("run-poller-seconds", "s", seconds));
            }
        }
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("create", CREATE.toString());
        described.put("upload", UPLOAD.toString());
        return new Result(described, figures);
    }

    private static SimulatedServer server() {
        return SimulatedServer.builder().createTime(CREATE).uploadTime(UPLOAD).start();
    }

    private static AgentProcess start(
            Setting setting, Place place, SimulatedServer server, int second, String http)
            throws IOException, InterruptedException {
        String cron = "%d/%d * * * * ?".formatted(second, PERIOD_SECONDS);
        AgentProcess agent =
                AgentProcess.start(
                        setting.installation().command(),
                        place.directory(),
                        place.config(List.of(server.uri()), List.of(cron), http),
                        Map.of());
        agent.awaitReady();
        return agent;
    }

    private static int ended(Place place) throws IOException {
        return place.outcomes(Place.target(0)).size();
    }

    private static void add(
            List<Figure> figures, String name, Place place, SimulatedServer server, int times)
            throws IOException {
        place.requireSuccess(Place.target(0));
        List<Double> walls =
                place.outcomes(Place.target(0)).stream()
                        .limit(times)
                        .map(Outcomes.Ended::seconds)
                        .toList();
        figures.add(Figure.ratio(name, walls, work(server.operations()).subList(0, times)));
        figures.add(new Figure(name + "-seconds", "s", walls));
        figures.add(Figure.of(name + "-first-seconds", "s", walls.get(0)));
    }

    /** Returns what the server worked for each backup: its create and its upload. */
    private static List<Double> work(List<RecordedOperation> operations) {
        Map<String, Double> byBackup = new LinkedHashMap<>();
        for (RecordedOperation operation : operations) {
            operation
                    .finish()
                    .ifPresent(
                            finish ->
                                    byBackup.merge(
                                            operation.name(),
                                            Measured.seconds(operation.start(), finish),
                                            Double::sum));
        }
        return List.copyOf(byBackup.values());
    }

    private static double poll(Setting setting, URI server) {
        long start = System.nanoTime();
        try {
            Process poller =
                    new ProcessBuilder("bench/poller", server.toString(), "node0")
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            if (poller.waitFor() != 0) {
                throw new IllegalStateException("bench/poller ended with " + poller.exitValue());
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("bench/poller cannot be run", e);
        }
        return (System.nanoTime() - start) / 1e9;
    }
}
