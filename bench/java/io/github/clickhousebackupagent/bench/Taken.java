package io.github.clickhousebackupagent.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a process takes of a Linux machine, as {@code /proc} tells it.
 *
 * @param cpuSeconds of its threads that live, to the nanosecond
 * @param allCpuSeconds of all threads that it ever had, to a hundredth
 * @param rssMebibytes resident memory now
 * @param peakRssMebibytes the most that was ever resident
 * @param threads that live
 * @param files open
 */
record Taken(
        double cpuSeconds,
        double allCpuSeconds,
        double rssMebibytes,
        double peakRssMebibytes,
        int threads,
        int files) {

    private static final double TICKS = 100;

    static Taken of(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        double nanos = 0;
        int threads = 0;
        for (Path task : children(process.resolve("task"))) {
            try {
                nanos +=
                        Double.parseDouble(
                                Files.readString(task.resolve("schedstat")).split(" ")[0]);
                threads++;
            } catch (NoSuchFileException e) {
                continue; // It has ended meanwhile.
            }
        }
        // After the name, which is in brackets and may hold anything.
        String stat = Files.readString(process.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        double ticks = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
        List<String> status = Files.readAllLines(process.resolve("status"));
        return new Taken(
                nanos / 1e9,
                ticks / TICKS,
                mebibytes(status, "VmRSS:"),
                mebibytes(status, "VmHWM:"),
                threads,
                children(process.resolve("fd")).size());
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        }
    }

    private static double mebibytes(List<String> status, String key) {
        return status.stream()
                .filter(line -> line.startsWith(key))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }
}
