package io.github.clickhousebackupagent.bench;

import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How many calls a run makes whose create takes a minute and whose upload takes 59: a real hour, of
 * each version with and without callbacks, side by side. A short run before it shows the agent that
 * the server calls back.
 */
final class QuestionsOfAnHour implements Benchmark {

    private static final Duration CREATE = Duration.ofMinutes(1);
    private static final Duration UPLOAD = Duration.ofMinutes(59);
    private static final Duration LIMIT = Duration.ofMinutes(65);

    private record Counted(Figure figure, Figure extra, Map<String, Integer> calls) {}

    @Override
    public String name() {
        return "questions-hour";
    }

    @Override
    public boolean isUsual(Setting setting) {
        return false;
    }

    @Override
    public Result run(Setting setting) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Callable<Counted>> runs = new ArrayList<>();
            for (ServerVersion version : ServerVersion.values()) {
                runs.add(() -> count(setting, version, "callbacks", ""));
                runs.add(
                        () ->
                                count(
                                        setting,
                                        version,
                                        "asking",
                                        "http: { port: 0, callback-url: off }"));
            }
            List<Figure> figures = new ArrayList<>();
            Map<String, Object> described = new LinkedHashMap<>();
            described.put("create", CREATE.toString());
            described.put("upload", UPLOAD.toString());
            for (Future<Counted> counted : threads.invokeAll(runs)) {
                figures.add(counted.get().figure());
                figures.add(counted.get().extra());
                described.put(counted.get().figure().name(), counted.get().calls());
            }
            return new Result(described, figures);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Counted count(Setting setting, ServerVersion version, String how, String more)
            throws Exception {
        String name = "%s-%s".formatted(how, version == ServerVersion.V2_8 ? "2.8" : "2.4");
        Place place = Place.in(setting.folder(), "hour-" + name);
        try (SimulatedServer server = SimulatedServer.builder().version(version).start()) {
            Instant first = Instant.now().plusSeconds(15);
            Instant second = first.plusSeconds(15);
            String http = more.isEmpty() ? "http: { port: 0 }" : more;
            try (AgentProcess agent =
                    AgentProcess.start(
                            setting.installation().command(),
                            place.directory(),
                            place.config(
                                    List.of(server.uri()),
                                    List.of(Place.at(first), Place.at(second)),
                                    http),
                            Map.of())) {
                agent.awaitReady();
                place.await(agent, 1, Duration.ofMinutes(1));
                server.faults().duration("create", CREATE);
                server.faults().duration("upload", UPLOAD);
                int before = server.calls().size();
                place.await(agent, 2, LIMIT);
                List<RecordedCall> calls = server.calls(before);
                Outcomes.Ended run = place.outcomes(Place.target(0)).get(1);
                double work = CREATE.plus(UPLOAD).toSeconds();
                return new Counted(
                        Figure.of("hour-calls-" + name, "calls", calls.size()),
                        Figure.of("hour-wall-" + name, "ratio", run.seconds() / work),
                        byKind(calls));
            }
        }
    }

    private static Map<String, Integer> byKind(List<RecordedCall> calls) {
        Map<String, Integer> kinds = new TreeMap<>();
        for (RecordedCall call : calls) {
            String kind =
                    "%s %s%s"
                            .formatted(
                                    call.method(),
                                    call.path().replaceFirst("(upload)/.*", "$1"),
                                    call.query().contains("progress") ? " (idle?)" : "");
            kinds.merge(kind, 1, Integer::sum);
        }
        return kinds;
    }
}
