package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.trace.Traces;
import java.net.URI;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSentEvent;
import org.apache.camel.support.EventNotifierSupport;

/**
 * Tells the traces of each call that a run makes, where there are traces. The routes are the same
 * with and without.
 */
final class CallTraces extends EventNotifierSupport {

    /** Property with the call that goes on. */
    private static final String CALL = "clickhouse-backup-agent-call";

    private final Traces traces;

    CallTraces(Traces traces) {
        this.traces = traces;
        setIgnoreCamelContextEvents(true);
        setIgnoreCamelContextInitEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreStepEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeCompletedEvent(true);
        setIgnoreExchangeFailedEvents(true);
        setIgnoreExchangeRedeliveryEvents(true);
        setIgnoreExchangeAsyncProcessingStartedEvents(true);
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof ExchangeSendingEvent sending && isCall(sending.getEndpoint())
                || event instanceof ExchangeSentEvent sent && isCall(sent.getEndpoint());
    }

    private static boolean isCall(Endpoint endpoint) {
        return endpoint instanceof HttpEndpoint http && Embedding.isCall(http);
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeSendingEvent sending) {
            begin(sending.getExchange(), (HttpEndpoint) sending.getEndpoint());
        } else if (event instanceof ExchangeSentEvent sent) {
            end(sent.getExchange());
        }
    }

    private void begin(Exchange exchange, HttpEndpoint endpoint) {
        if (!(exchange.getProperty("run") instanceof Run run)) {
            return;
        }
        Message message = exchange.getMessage();
        String path = message.getHeader(Exchange.HTTP_PATH, "", String.class);
        Traces.Call call =
                traces.calling(
                        run,
                        message.getHeader(Exchange.HTTP_METHOD, "GET", String.class),
                        URI.create(message.getHeader(Exchange.HTTP_URI, String.class) + path),
                        message.getHeader(Exchange.HTTP_QUERY, String.class),
                        Embedding.isDatabase(endpoint));
        exchange.setProperty(CALL, call);
        call.headers().forEach(message::setHeader);
    }

    private static void end(Exchange exchange) {
        if (!(exchange.removeProperty(CALL) instanceof Traces.Call call)) {
            return;
        }
        Message message = exchange.getMessage();
        Exception failure = exchange.getException();
        int status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class);
        call.ended(failure == null ? status : 0, failure);
        call.headers().keySet().forEach(message::removeHeader);
    }
}
