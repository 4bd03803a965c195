package io.github.clickhousebackupagent.internal.waiting;

import io.github.clickhousebackupagent.config.HttpConfig;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;

/**
 * Where servers reach this agent.
 *
 * @param config what was configured
 * @param port the port that the agent listens on; 0: it does not listen
 */
public record CallbackAddress(HttpConfig config, int port) {

    /**
     * Returns the address that a server is to call, without the token; empty if it cannot or is not
     * to. A wrong address does no harm: the server ignores that it cannot call.
     *
     * @param api the server's own address
     */
    public Optional<String> towards(URI api) {
        if (port == 0 || config.callbackUrl().equals(HttpConfig.OFF)) {
            return Optional.empty();
        }
        if (!config.callbackUrl().equals(HttpConfig.AUTO)) {
            return Optional.of(config.callbackUrl().replaceFirst("/+$", "") + "/callback/");
        }
        try {
            InetAddress bound = InetAddress.getByName(config.bind());
            InetAddress own = addressTowards(api);
            if (bound.isLoopbackAddress() && !own.isLoopbackAddress()) {
                return Optional.empty();
            }
            InetAddress seen = bound.isAnyLocalAddress() ? own : bound;
            String host = seen.getHostAddress().replaceFirst("%.*", "");
            host = seen instanceof Inet6Address ? "[" + host + "]" : host;
            return Optional.of("http://" + host + ":" + port + "/callback/");
        } catch (IOException e) {
            // The server's name cannot be resolved now. That is told by the call that follows.
            return Optional.empty();
        }
    }

    /** Returns this machine's address on the way to a server. Sends nothing. */
    private static InetAddress addressTowards(URI api) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            int port = api.getPort() > 0 ? api.getPort() : 80;
            socket.connect(new InetSocketAddress(InetAddress.getByName(api.getHost()), port));
            return socket.getLocalAddress();
        }
    }
}
