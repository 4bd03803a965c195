package io.github.clickhousebackupagent.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One of the things that are measured. */
interface Benchmark {

    /**
     * How it is to be measured.
     *
     * @param installation the agent
     * @param isShort whether it is to be over in seconds, at the price of fewer repetitions
     * @param folder for what is written meanwhile
     * @param sizes what the image's parts take; null: not known
     * @param targets how many there are to be at once, in turn; empty: the usual counts
     * @param javaOptions more of them, separated by spaces
     * @param repetitions how often to repeat; null: as often as is usual
     */
    record Setting(
            Installation installation,
            boolean isShort,
            Path folder,
            Path sizes,
            List<Integer> targets,
            String javaOptions,
            Integer repetitions) {

        /** Returns how often to repeat. */
        int times(int ofShort, int ofLong) {
            return repetitions == null ? choose(ofShort, ofLong) : repetitions;
        }

        /** Returns what is for this form. */
        int choose(int ofShort, int ofLong) {
            return isShort ? ofShort : ofLong;
        }
    }

    /**
     * What came of it.
     *
     * @param setting what one must know to do the same again
     * @param figures each known by its name
     */
    record Result(Map<String, Object> setting, List<Figure> figures) {}

    /** Returns its name, which is that of its file of results, too. */
    String name();

    /** Returns whether it is measured where none is named. */
    default boolean isUsual(Setting setting) {
        return true;
    }

    /**
     * Measures.
     *
     * @throws IllegalStateException if what is measured does not do what it should
     */
    Result run(Setting setting) throws Exception;
}
