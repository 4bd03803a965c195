package io.github.clickhousebackupagent.bench;

import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How long the agent takes from its start until its schedules are armed, and what it takes when
 * nothing is due: as it is installed, and the same jars without any flag of Java, in turn.
 */
final class StartAndIdle implements Benchmark {

    @Override
    public String name() {
        return "start-and-idle";
    }

    @Override
    public Result run(Setting setting) throws Exception {
        int times = setting.times(2, 11);
        List<Double> installed = new ArrayList<>();
        List<Double> plain = new ArrayList<>();
        List<Figure> figures = new ArrayList<>();
        try (SimulatedServer server = SimulatedServer.builder().start()) {
            Place place = Place.in(setting.folder(), "start");
            Path config =
                    place.config(
                            List.of(server.uri()), List.of(Place.never()), "http: { port: 0 }");
            for (int i = 0; i < times; i++) {
                installed.add(start(setting.installation().command(), place, config));
                plain.add(start(setting.installation().plainCommand(), place, config));
            }
            figures.add(new Figure("start", "s", installed));
            figures.add(new Figure("start-plain", "s", plain));
            figures.add(Figure.ratio("start-against-plain", installed, plain));
            idle(setting, server, figures);
        }
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("targets", 1);
        described.put("settled", settled(setting).toString());
        described.put("watched", watched(setting).toString());
        return new Result(described, figures);
    }

    private static Duration settled(Setting setting) {
        return Duration.ofSeconds(setting.choose(15, 60));
    }

    private static Duration watched(Setting setting) {
        return Duration.ofSeconds(setting.choose(10, 60));
    }

    private static double start(List<String> command, Place place, Path config) throws Exception {
        try (AgentProcess agent =
                AgentProcess.start(command, place.directory(), config, Map.of())) {
            return agent.awaitReady();
        }
    }

    private static void idle(Setting setting, SimulatedServer server, List<Figure> figures)
            throws Exception {
        int times = setting.choose(1, 3);
        List<AgentProcess> agents = new ArrayList<>();
        try {
            // First those as they are installed, then those without flags.
            for (int i = 0; i < 2 * times; i++) {
                Place place = Place.in(setting.folder(), "idle" + i);
                AgentProcess agent =
                        AgentProcess.start(
                                i < times
                                        ? setting.installation().command()
                                        : setting.installation().plainCommand(),
                                place.directory(),
                                place.config(
                                        List.of(server.uri()),
                                        List.of(Place.never()),
                                        "http: { port: 0 }"),
                                Map.of());
                agents.add(agent);
                agent.awaitReady();
            }
            Patient.pause(settled(setting));
            List<Taken> before = taken(agents);
            Patient.pause(watched(setting));
            List<Taken> after = taken(agents);
            List<Double> memory = new ArrayList<>();
            List<Double> cpu = new ArrayList<>();
            for (int i = 0; i < agents.size(); i++) {
                memory.add(before.get(i).rssMebibytes());
                cpu.add(
                        (after.get(i).cpuSeconds() - before.get(i).cpuSeconds())
                                / watched(setting).toSeconds()
                                * 100);
            }
            figures.add(new Figure("idle-memory", "MiB", memory.subList(0, times)));
            figures.add(new Figure("idle-memory-plain", "MiB", memory.subList(times, 2 * times)));
            figures.add(new Figure("idle-cpu", "% of a core", cpu.subList(0, times)));
            figures.add(new Figure("idle-cpu-plain", "% of a core", cpu.subList(times, 2 * times)));
            figures.add(Figure.of("idle-threads", "threads", after.get(0).threads()));
        } finally {
            for (AgentProcess agent : agents) {
                agent.close();
            }
        }
    }

    private static List<Taken> taken(List<AgentProcess> agents) throws Exception {
        List<Taken> taken = new ArrayList<>();
        for (AgentProcess agent : agents) {
            taken.add(agent.taken());
        }
        return taken;
    }
}
