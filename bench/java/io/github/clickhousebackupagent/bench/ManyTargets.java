package io.github.clickhousebackupagent.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long FULL backups of many targets take that are all due in the same second, and what they
 * take of the machine: all at once, and as many at a time as a limit allows. Each agent makes two
 * rounds of them: in the first, nothing of it is warm, no log is open, and it knows of no server
 * whether it calls back.
 */
final class ManyTargets implements Benchmark {

    private static final Duration CREATE = Duration.ofSeconds(1);
    private static final Duration UPLOAD = Duration.ofSeconds(10);
    private static final double WORK = CREATE.plus(UPLOAD).toSeconds();
    private static final int SERVERS_A_PROCESS = 1000;
    private static final int PART = 4;
    private static final int MANY = 1000;
    private static final int HEAP = 256;
    private static final int LARGE_HEAP = 1024;

    /** Such as {@code GC(7) Pause Young (Allocation Failure) 85M->25M(247M) 12.345ms}. */
    private static final Pattern COLLECTION =
            Pattern.compile("Pause .* (\\d+)M->(\\d+)M\\((\\d+)M\\)");

    /** What one round of all targets came to, and what the agent had taken by then. */
    private record Round(
            double wall,
            double agentCpu,
            double serverCpu,
            double calls,
            double heap,
            double rss,
            int threads,
            int files,
            double start) {}

    /** What both rounds came to, and what is told of them in the end. */
    private record Rounds(Round first, Round again, Scrapes scrapes) {}

    @Override
    public String name() {
        return "many-targets";
    }

    @Override
    public Result run(Setting setting) throws Exception {
        List<Figure> figures = new ArrayList<>();
        int main = setting.choose(100, 1000);
        List<Integer> usual = setting.isShort() ? List.of(main) : List.of(10, 100, main, 5 * main);
        List<Integer> counts = setting.targets().isEmpty() ? usual : setting.targets();
        int times = setting.times(1, 3);
        for (int count : counts) {
            List<Round> first = new ArrayList<>();
            List<Round> again = new ArrayList<>();
            List<Scrapes> scrapes = new ArrayList<>();
            for (int i = 0; i < (count == main ? times : 1); i++) {
                Rounds rounds = rounds(setting, count, 0, count > MANY ? LARGE_HEAP : HEAP);
                first.add(rounds.first());
                again.add(rounds.again());
                scrapes.add(rounds.scrapes());
            }
            String name = "targets-" + count;
            add(figures, name + "-first-wall", "s", first, Round::wall);
            add(figures, name + "-wall", "s", again, Round::wall);
            add(figures, name + "-first-agent-cpu", "s", first, Round::agentCpu);
            add(figures, name + "-agent-cpu", "s", again, Round::agentCpu);
            add(figures, name + "-first-server-cpu", "s", first, Round::serverCpu);
            add(figures, name + "-server-cpu", "s", again, Round::serverCpu);
            add(figures, name + "-first-calls", "calls", first, round -> round.calls() / count);
            add(figures, name + "-calls", "calls", again, round -> round.calls() / count);
            add(figures, name + "-heap", "MiB", again, Round::heap);
            add(figures, name + "-rss", "MiB", again, Round::rss);
            add(figures, name + "-threads", "threads", again, Round::threads);
            add(figures, name + "-files", "files", again, Round::files);
            add(figures, name + "-start", "s", again, Round::start);
            List<Double> millis = scrapes.stream().flatMap(some -> some.millis().stream()).toList();
            List<Double> sizes = scrapes.stream().map(Scrapes::mebibytes).toList();
            figures.add(new Figure(name + "-scrape", "ms", millis));
            figures.add(new Figure(name + "-scrape-size", "MiB", sizes));
            figures.add(
                    new Figure(
                            name + "-scrape-text",
                            "MiB",
                            scrapes.stream().map(Scrapes::text).toList()));
            if (count == main) {
                add(figures, "targets-first-wall", "ratio", first, round -> round.wall() / WORK);
                add(figures, "targets-wall", "ratio", again, round -> round.wall() / WORK);
                add(figures, "targets-heap", "MiB", again, Round::heap);
                figures.add(new Figure("targets-scrape", "ms", millis));
                figures.add(new Figure("targets-scrape-size", "MiB", sizes));
            }
        }
        if (!setting.isShort() && setting.targets().isEmpty()) {
            List<Round> limited = new ArrayList<>();
            for (int i = 0; i < setting.times(1, 1); i++) {
                limited.add(rounds(setting, main, main / PART, HEAP).again());
            }
            add(
                    figures,
                    "targets-limited-wall",
                    "ratio",
                    limited,
                    round -> round.wall() / (PART * WORK));
        }
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("create", CREATE.toString());
        described.put("upload", UPLOAD.toString());
        described.put("targets", main);
        described.put("limit", main / PART);
        described.put("rounds", "two for each agent: the first, and the one that counts");
        described.put("heap", HEAP + " MiB; of more targets than that " + LARGE_HEAP + " MiB");
        return new Result(described, figures);
    }

    private static void add(
            List<Figure> figures,
            String name,
            String unit,
            List<Round> rounds,
            ToDoubleFunction<Round> value) {
        figures.add(new Figure(name, unit, rounds.stream().map(value::applyAsDouble).toList()));
    }

    private static Rounds rounds(Setting setting, int count, int limit, int heap) throws Exception {
        Place place = Place.in(setting.folder(), count + "-" + limit + "-" + System.nanoTime());
        List<ServerProcess> processes = new ArrayList<>();
        try {
            List<URI> servers = new ArrayList<>();
            while (servers.size() < count) {
                ServerProcess process =
                        new ServerProcess(
                                Math.min(SERVERS_A_PROCESS, count - servers.size()),
                                CREATE,
                                UPLOAD);
                processes.add(process);
                servers.addAll(process.uris());
            }
            return rounds(setting, place, processes, servers, limit, heap);
        } finally {
            for (ServerProcess process : processes) {
                process.close();
            }
        }
    }

    private static Rounds rounds(
            Setting setting,
            Place place,
            List<ServerProcess> processes,
            List<URI> servers,
            int limit,
            int heap)
            throws Exception {
        int count = servers.size();
        Path collections = place.directory().resolve("gc.log");
        String options = "-Xmx%dm -Xlog:gc:file=%s".formatted(heap, collections);
        // Time to start, and to ask each server who it is.
        Instant now = Instant.now();
        Instant due = Instant.ofEpochSecond(now.getEpochSecond() + 10 + count / 50);
        // Not too often: a round that is late would be in the way of the next.
        int minutes = count > MANY ? 6 : count == MANY || limit > 0 ? 3 : 1;
        boolean quickly = setting.isShort() && count <= 200;
        String cron =
                quickly
                        ? "%d/20 * * * * ?".formatted(due.getEpochSecond() % 20)
                        : "%d %d/%d * * * ?"
                                .formatted(
                                        due.getEpochSecond() % 60,
                                        due.atZone(ZoneOffset.UTC).getMinute() % minutes,
                                        minutes);
        Duration period = quickly ? Duration.ofSeconds(20) : Duration.ofMinutes(minutes);
        List<Round> rounds = new ArrayList<>();
        try (AgentProcess agent =
                AgentProcess.start(
                        setting.installation().command(),
                        place.directory(),
                        place.config(
                                servers,
                                List.of(cron),
                                "http: { port: 0 }\nparallel-runs: " + limit),
                        Map.of("JAVA_OPTS", options + " " + setting.javaOptions()))) {
            double start = agent.awaitReady();
            for (int i = 0; i < 2; i++) {
                Instant at = due.plus(period.multipliedBy(i));
                if (!Instant.now().isBefore(at)) {
                    throw new IllegalStateException("%s is past".formatted(at));
                }
                Patient.pause(Duration.between(Instant.now(), at).minusMillis(300));
                rounds.add(round(place, agent, processes, count, limit, i, collections, start));
            }
            return new Rounds(
                    rounds.get(0), rounds.get(1), Scrapes.of(place.directory().resolve("state")));
        }
    }

    private static Round round(
            Place place,
            AgentProcess agent,
            List<ServerProcess> processes,
            int count,
            int limit,
            int number,
            Path collections,
            double start)
            throws Exception {
        double agentBefore = agent.taken().allCpuSeconds();
        double serversBefore = cpu(processes);
        int callsBefore = calls(processes);
        Instant from = Instant.now();
        int parts = limit == 0 ? 1 : PART;
        Set<Integer> over = new HashSet<>();
        int[] most = new int[2];
        Patient.until(
                Duration.ofSeconds((long) (10 * parts * WORK) + 60),
                () -> {
                    Taken now = agent.taken();
                    most[0] = Math.max(most[0], now.threads());
                    most[1] = Math.max(most[1], now.files());
                    if (Instant.now().isBefore(from.plusSeconds((long) (parts * WORK)))) {
                        return false; // It is not possible yet, and looking costs time.
                    }
                    for (int i = 0; i < count; i++) {
                        if (!over.contains(i) && isOver(place, i, number)) {
                            over.add(i);
                        }
                    }
                    return over.size() == count;
                });
        double agentCpu = agent.taken().allCpuSeconds() - agentBefore;
        double serverCpu = cpu(processes) - serversBefore;
        double wall = 0;
        for (int i = 0; i < count; i++) {
            place.requireSuccess(Place.target(i));
            wall = Math.max(wall, place.outcomes(Place.target(i)).get(number).seconds());
        }
        int uploaded = 0;
        for (ServerProcess process : processes) {
            uploaded += process.done().uploaded();
        }
        if (uploaded != count * (number + 1)) {
            throw new IllegalStateException(
                    "%d backups of %d targets in %d rounds".formatted(uploaded, count, number + 1));
        }
        return new Round(
                wall,
                agentCpu,
                serverCpu,
                calls(processes) - callsBefore,
                heap(collections),
                agent.taken().peakRssMebibytes(),
                most[0],
                most[1],
                start);
    }

    private static boolean isOver(Place place, int target, int number) throws IOException {
        return place.outcomes(Place.target(target)).size() > number;
    }

    private static double cpu(List<ServerProcess> processes) throws IOException {
        double cpu = 0;
        for (ServerProcess process : processes) {
            cpu += process.taken().allCpuSeconds();
        }
        return cpu;
    }

    private static int calls(List<ServerProcess> processes) throws IOException {
        int calls = 0;
        for (ServerProcess process : processes) {
            calls += process.done().calls();
        }
        return calls;
    }

    /** Returns the most that was used when a collection was over. */
    private static double heap(Path collections) throws IOException {
        double most = 0;
        for (String line : Files.readAllLines(collections)) {
            Matcher collection = COLLECTION.matcher(line);
            if (collection.find()) {
                most = Math.max(most, Double.parseDouble(collection.group(2)));
            }
        }
        return most;
    }
}
