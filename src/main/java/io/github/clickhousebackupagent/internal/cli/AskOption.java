package io.github.clickhousebackupagent.internal.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import picocli.CommandLine.Option;

/** The options of what shows a plan first, and the question after it. */
final class AskOption {

    @Option(names = "--dry-run", description = "Shows the plan, and does nothing.")
    private boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Does it without asking.")
    private boolean yes;

    @Option(names = "--json", description = "Prints the plan (--dry-run) or the outcome as JSON.")
    private boolean json;

    boolean dryRun() {
        return dryRun;
    }

    boolean json() {
        return json;
    }

    /**
     * Returns whether somebody agrees.
     *
     * @param question what is asked
     * @param wanted what must be typed
     */
    boolean agreed(Console console, String question, String wanted) {
        if (yes) {
            return true;
        }
        console.ask("%s Type %s to go on: ".formatted(question, wanted));
        String answer = line();
        if (answer == null) {
            console.message("");
            throw new UsageException(
                    "nobody answers; nothing was done; allowed: an answer, or --yes");
        }
        boolean agreed = answer.strip().equals(wanted);
        if (!agreed) {
            console.message("Nothing was done.");
        }
        return agreed;
    }

    private static String line() {
        try {
            return new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()))
                    .readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
