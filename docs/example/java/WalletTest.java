// A team's own tests of its wallet, against the OPERATOR that `pitboss serve` plays. Beside the CLIENT:
//   PITBOSS_CONTROL_TOKEN=secret pitboss serve &
//   PITBOSS_CONTROL_TOKEN=secret java WalletTest.java
// It needs a JDK from 17 on and nothing else; in JUnit each test becomes a method with @Test, and a JSON library reads.
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;

class WalletTest {
    static final String CONSOLE = System.getenv().getOrDefault("PITBOSS_CONSOLE", "http://127.0.0.1:8700");
    static final String SITE = System.getenv().getOrDefault("SITE", "http://127.0.0.1:8710");
    static final String TOKEN = System.getenv("PITBOSS_CONTROL_TOKEN");
    static final HttpClient HTTP = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        test("a bet whose answer is lost, and which comes again, is taken once", "-10.00", """
            {"event": "bet", "player": "p-1", "amount": "10.00", "faults": ["answer-lost"], "copies": 1}""");
        test("a void of a bet that never arrived pays nothing", "0", """
            {"event": "orphan", "player": "p-1", "amount": "5.00"}""");
    }

    /** Raises the event, and has the player audited: everything it was sent counts once, and no more. */
    static void test(String name, String moved, String event) throws Exception {
        var since = field("since", act("reset", "{}"));
        var opening = new BigDecimal(field("balance", ask("GET", SITE + "/players/p-1/balance", null)));
        act("raise", event);
        var audit = act("audit", "{\"player\": \"p-1\", \"opening\": \"%s\", \"since\": %s}".formatted(opening, since));
        check(field("right", audit).equals("true"), name, audit);
        var balance = new BigDecimal(field("balance", audit));
        check(balance.compareTo(opening.add(new BigDecimal(moved))) == 0, name, audit);
        System.out.println("ok: " + name);
    }

    static String act(String verb, String json) throws Exception {
        return ask("POST", CONSOLE + "/do/" + verb, json);
    }

    static String ask(String method, String url, String json) throws Exception {
        var body = json == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json);
        var request = HttpRequest.newBuilder(URI.create(url)).method(method, body)
            .header("Authorization", "Bearer " + TOKEN).header("Content-Type", "application/json").build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        check(answer.statusCode() == 200, method + " " + url, answer.body());
        return answer.body();
    }

    static String field(String name, String json) {
        var found = Pattern.compile("\"" + name + "\" *: *\"?([^\",}]*)").matcher(json);
        check(found.find(), "no field " + name, json);
        return found.group(1).strip();
    }

    static void check(boolean holds, String what, String said) {
        if (!holds) {
            System.err.println("failed: " + what + "\n" + said);
            System.exit(1);
        }
    }
}
