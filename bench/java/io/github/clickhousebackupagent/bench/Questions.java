package io.github.clickhousebackupagent.bench;

import io.github.clickhousebackupagent.internal.waiting.Pace;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many calls a run of an hour would make, in seconds: what a run of a moment asks is counted,
 * and what it would be asked in vain within an hour is computed by the agent's own pace. What is
 * measured in a real hour is {@link QuestionsOfAnHour}.
 */
final class Questions implements Benchmark {

    private static final Duration CREATE = Duration.ofMinutes(1);
    private static final Duration UPLOAD = Duration.ofMinutes(59);
    private static final Duration SILENCE = Duration.ofMinutes(30);

    @Override
    public String name() {
        return "questions";
    }

    @Override
    public Result run(Setting setting) throws Exception {
        int counted = count(setting);
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("create", CREATE.toString());
        described.put("upload", UPLOAD.toString());
        described.put("how", "calls of a short run counted, questions in vain computed");
        return new Result(
                described,
                List.of(
                        Figure.of("calls-needed", "calls", counted),
                        Figure.of(
                                "computed-calls-callbacks",
                                "calls",
                                counted + inVain(Pace.calledBack(SILENCE))),
                        Figure.of(
                                "computed-calls-asking",
                                "calls",
                                counted + inVain(Pace.asking(1)))));
    }

    private static int inVain(Pace pace) {
        return inVain(pace, CREATE) + inVain(pace, UPLOAD);
    }

    /** Returns how often it is asked before an operation is over. */
    static int inVain(Pace pace, Duration operation) {
        int questions = 0;
        Duration elapsed = pace.pause(Duration.ZERO);
        while (elapsed.compareTo(operation) < 0) {
            questions++;
            elapsed = elapsed.plus(pace.pause(elapsed));
        }
        return questions;
    }

    /** Returns the calls of a run in which nothing is asked in vain, as the server calls back. */
    private static int count(Setting setting) throws Exception {
        Place place = Place.in(setting.folder(), "counted");
        try (SimulatedServer server =
                SimulatedServer.builder().version(ServerVersion.V2_8).start()) {
            Instant first = Instant.now().plusSeconds(7);
            Path config =
                    place.config(
                            List.of(server.uri()),
                            List.of(Place.at(first), Place.at(first.plusSeconds(2))),
                            "http: { port: 0 }");
            try (AgentProcess agent =
                    AgentProcess.start(
                            setting.installation().command(),
                            place.directory(),
                            config,
                            Map.of())) {
                agent.awaitReady();
                place.await(agent, 1, Duration.ofMinutes(1));
                int before = server.calls().size();
                place.await(agent, 2, Duration.ofMinutes(1));
                return server.calls().size() - before;
            }
        }
    }
}
