package io.github.clickhousebackupagent.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures, writes what came of it, and says what is over its goal. */
@Command(
        name = "bench/run",
        description = "Measures the packaged agent against simulated servers.",
        mixinStandardHelpOptions = true)
final class Bench implements Callable<Integer> {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final Path GOALS = Path.of("bench/goals.json");

    private static final List<Benchmark> ALL =
            List.of(
                    new RunTime(),
                    new StartAndIdle(),
                    new Questions(),
                    new ManyTargets(),
                    new Sizes(),
                    new QuestionsOfAnHour());

    @Option(
            names = "--short",
            description =
                    "Fewer repetitions and targets, in under two minutes: the guard of the pipeline.")
    private boolean isShort;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description = "Only these: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Names.class)
    private List<String> only = List.of();

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description =
                    "Where a file is written for each benchmark. Default: bench/results, or"
                            + " target/bench with --short.")
    private Path out;

    @Option(
            names = "--runtime",
            paramLabel = "HOME",
            description = "An agent with a Java of its own, as in the image.")
    private Path runtime;

    @Option(
            names = "--distribution",
            paramLabel = "HOME",
            description = "Default: ${DEFAULT-VALUE}.",
            defaultValue = "target/clickhouse-backup-agent")
    private Path distribution;

    @Option(
            names = "--sizes",
            paramLabel = "FILE",
            description = "What the image's parts take: lines of bytes, a space and a name.")
    private Path sizes;

    @Option(
            names = "--targets",
            split = ",",
            paramLabel = "COUNT",
            description =
                    "How many targets many-targets has, in turn, all at once. Default:"
                            + " 10,100,1000,5000, or 100 with --short.")
    private List<Integer> targets = List.of();

    @Option(
            names = "--times",
            paramLabel = "COUNT",
            description = "How often to repeat, in place of what is usual for each.")
    private Integer repetitions;

    @Option(
            names = "--java-opts",
            paramLabel = "OPTIONS",
            description = "More options for the Java of many-targets, as to profile it.")
    private String javaOptions = "";

    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Names() {
            super(ALL.stream().map(Benchmark::name).toList());
        }
    }

    /**
     * Measures what the arguments say.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Installation installation =
                new Installation((runtime == null ? distribution : runtime).toAbsolutePath());
        if (!Files.isDirectory(installation.home().resolve("lib"))) {
            throw new IllegalArgumentException(
                    installation.home() + ": found no agent there; package it first");
        }
        Path results = out != null ? out : Path.of(isShort ? "target/bench" : "bench/results");
        Files.createDirectories(results);
        Path folder = Files.createTempDirectory("clickhouse-backup-agent-bench");
        Map<String, Object> machine = Machine.facts();
        Map<String, Object> agent = installation.json();
        List<Figure> figures = new ArrayList<>();
        Benchmark.Setting setting =
                new Benchmark.Setting(
                        installation, isShort, folder, sizes, targets, javaOptions, repetitions);
        for (Benchmark benchmark : chosen(setting)) {
            System.out.println(benchmark.name() + ":");
            Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            Benchmark.Result result = benchmark.run(setting);
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("benchmark", benchmark.name());
            json.put("date", start.toString());
            json.put("short", isShort);
            json.put("machine", machine);
            json.put("agent", agent);
            json.put("setting", result.setting());
            json.put("figures", result.figures().stream().map(Figure::json).toList());
            Files.writeString(
                    results.resolve(benchmark.name() + ".json"),
                    JSON.writeValueAsString(json) + "\n");
            result.figures().forEach(Bench::say);
            figures.addAll(result.figures());
        }
        delete(folder);
        List<String> over = Goals.read(GOALS).over(figures, installation.hasRuntime());
        over.forEach(System.err::println);
        return over.isEmpty() ? 0 : 1;
    }

    private List<Benchmark> chosen(Benchmark.Setting setting) {
        for (String name : only) {
            if (ALL.stream().noneMatch(benchmark -> benchmark.name().equals(name))) {
                throw new IllegalArgumentException(
                        "--only: found %s; allowed: %s"
                                .formatted(
                                        name,
                                        ALL.stream()
                                                .map(Benchmark::name)
                                                .collect(Collectors.joining(", "))));
            }
        }
        return ALL.stream()
                .filter(
                        benchmark ->
                                only.isEmpty()
                                        ? benchmark.isUsual(setting)
                                        : only.contains(benchmark.name()))
                .toList();
    }

    private static void say(Figure figure) {
        System.out.printf(
                "  %-34s %s%n",
                figure.name(),
                figure.values().size() == 1
                        ? "%.4g %s".formatted(figure.median(), figure.unit())
                        : "%.4g %s (%.4g to %.4g, %d times)"
                                .formatted(
                                        figure.median(),
                                        figure.unit(),
                                        figure.min(),
                                        figure.max(),
                                        figure.values().size()));
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }
}
