package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Where commands print: data to one side, messages to the other.
 *
 * @param out data
 * @param err messages
 */
record Console(PrintWriter out, PrintWriter err) {

    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .addModule(new JavaTimeModule())
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();

    /** Returns where a command prints. */
    static Console of(CommandSpec spec) {
        return new Console(spec.commandLine().getOut(), spec.commandLine().getErr());
    }

    /** Makes sure that an option is a number of things. */
    static void requirePositive(CommandSpec spec, String option, int value) {
        if (value < 1) {
            throw new ParameterException(
                    spec.commandLine(), option + ": found " + value + "; allowed: 1 or more");
        }
    }

    void json(Object value) {
        try {
            out.println(MAPPER.writeValueAsString(value));
            out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns branches of a tree as the encoding of the output can show them. */
    static String branches(String text, Charset encoding) {
        return encoding.newEncoder().canEncode("├└─│")
                ? text
                : text.replace("├─", "|-").replace("└─", "`-").replace("│", "|");
    }

    /** Returns the encoding of stdout: that of the locale, which is ASCII where none is set. */
    static Charset encoding() {
        String name =
                System.getProperty("stdout.encoding", System.getProperty("native.encoding", ""));
        try {
            return Charset.forName(name);
        } catch (IllegalArgumentException e) {
            return Charset.defaultCharset(); // Not said, or one that Java does not know.
        }
    }

    /** Returns one that prints data among the messages, to leave the other side to JSON. */
    Console onlyMessages() {
        return new Console(err, err);
    }

    /** Prints a question, after which the cursor stays. */
    void ask(String text) {
        err.print(text);
        err.flush();
    }

    void line(String text) {
        out.println(text);
        out.flush();
    }

    void message(String text) {
        err.println(text);
        err.flush();
    }

    /** Prints a table with columns as wide as they must be; the first row is the header. */
    void table(List<List<String>> rows) {
        List<Integer> widths = new ArrayList<>();
        for (int column = 0; column < rows.get(0).size(); column++) {
            int index = column;
            widths.add(rows.stream().mapToInt(row -> row.get(index).length()).max().orElse(0));
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                String cell = row.get(column);
                line.append(cell).append(" ".repeat(widths.get(column) - cell.length() + 2));
            }
            line(line.toString().stripTrailing());
        }
    }
}
