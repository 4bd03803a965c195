package io.github.clickhousebackupagent.internal.route;

import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.spi.ExceptionHandler;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Takes what goes wrong with a notice beside its sending: {@code exceptionHandler} of a seda. That
 * a pause ends with the agent is nothing wrong: that the notice was not sent is told and counted
 * when all has stopped.
 */
public final class NoticeProblems implements ExceptionHandler {

    private static final Logger LOG = LogManager.getLogger(NoticeProblems.class);

    @Override
    public void handleException(Throwable exception) {
        handleException("A notice could not be handled", null, exception);
    }

    @Override
    public void handleException(String message, Throwable exception) {
        handleException(message, null, exception);
    }

    @Override
    public void handleException(String message, Exchange exchange, Throwable exception) {
        if (exception instanceof RejectedExecutionException) {
            LOG.debug(message, exception);
        } else {
            LOG.error(message, exception);
        }
    }
}
