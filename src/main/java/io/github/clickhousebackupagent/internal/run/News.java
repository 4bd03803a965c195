package io.github.clickhousebackupagent.internal.run;

import java.util.List;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Tells the listeners what happens.
 *
 * @param listeners in the order in which they are told
 */
record News(List<RunListener> listeners) {

    private static final Logger LOG = LogManager.getLogger(News.class);

    void tell(Consumer<RunListener> news) {
        for (RunListener listener : listeners) {
            try {
                news.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("A listener failed; the run goes on", e);
            }
        }
    }
}
