using System.Net;
using Cloudreve.Core.Infrastructure.Outgoing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Outgoing;

/// <summary>Attacks on outgoing HTTP calls, with real listeners.</summary>
public sealed class OutgoingHttpTests
{
    private static readonly OutgoingLimits s_limits = new(TimeSpan.FromSeconds(30), 1000, MaxRedirects: 3);

    [Theory]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://LOCALHOST:{0}/")]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://0x7f.1:{0}/")]
    [InlineData("http://0177.0.0.1:{0}/")]
    [InlineData("http://0.0.0.0:{0}/")]
    [InlineData("http://[::1]:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://[::ffff:7f00:1]:{0}/")]
    [InlineData("http://[64:ff9b::7f00:1]:{0}/")]
    public async Task Given_no_exception_when_this_machine_is_called_by_any_name_then_no_connection_is_opened(string address)
    {
        using var server = ListenerDouble.Answering("secret");

        await AssertRefusedAsync(OutgoingGuards.With(""), Format(address, server.Port));

        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Given_a_name_that_resolves_to_a_private_address_when_called_then_no_connection_opens()
    {
        using var server = ListenerDouble.Answering("secret");

        await AssertRefusedAsync(OutgoingGuards.With("", Resolve("127.0.0.1")), Format("http://attacker.example:{0}/", server.Port));

        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Given_a_name_with_one_forbidden_address_when_it_is_called_then_no_connection_opens()
    {
        using var server = ListenerDouble.Answering("secret");

        await AssertRefusedAsync(OutgoingGuards.With("127.0.0.1", Resolve("127.0.0.1", "127.0.0.2")), Format("http://attacker.example:{0}/", server.Port));

        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Given_a_name_service_that_changes_its_answer_when_called_then_the_checked_address_is_used()
    {
        using var honest = ListenerDouble.Answering("honest", "127.0.0.2");
        var answers = new Queue<string>(["127.0.0.2", "127.0.0.1"]);
        var guard = OutgoingGuards.With("127.0.0.2", (_, _) => Task.FromResult(new[] { IPAddress.Parse(answers.Dequeue()) }));
        using var client = new OutgoingHttp(guard).CreateClient(s_limits);

        Assert.Equal("honest", await client.GetStringAsync(Format("http://rebinding.example:{0}/", honest.Port)));

        Assert.Single(answers);
        await AssertRefusedAsync(guard, Format("http://rebinding.example:{0}/", honest.Port));
        Assert.Equal(1, honest.Connections);
    }

    [Theory]
    [InlineData("http://127.0.0.2:{0}/latest/meta-data")]
    [InlineData("http://hidden.example:{0}/")]
    [InlineData("//[::ffff:127.0.0.2]:{0}/")]
    public async Task Given_an_allowed_host_that_redirects_to_a_forbidden_one_when_called_then_it_is_refused(string target)
    {
        using var hidden = ListenerDouble.Answering("secret", "127.0.0.2");
        using var front = ListenerDouble.Redirecting(target.Replace("{0}", $"{hidden.Port}", StringComparison.Ordinal));
        var guard = OutgoingGuards.With("127.0.0.1", (host, token) =>
            host == "hidden.example" ? Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2")]) : Dns.GetHostAddressesAsync(host, token));

        await AssertRefusedAsync(guard, Format("http://127.0.0.1:{0}/", front.Port));

        Assert.Equal((1, 0), (front.Connections, hidden.Connections));
    }

    [Fact]
    public async Task Given_hosts_that_redirect_in_a_circle_when_they_are_called_then_the_calls_end()
    {
        using var front = ListenerDouble.Redirecting("/again");
        using var client = new OutgoingHttp(OutgoingGuards.Local).CreateClient(s_limits);

        using var answer = await client.GetAsync(Format("http://127.0.0.1:{0}/", front.Port));

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(s_limits.MaxRedirects + 1, front.Connections);
    }

    [Fact]
    public async Task Given_a_client_without_redirects_when_a_host_redirects_then_nobody_else_is_called()
    {
        using var other = ListenerDouble.Answering("other");
        using var front = ListenerDouble.Redirecting($"http://127.0.0.1:{other.Port}/");
        using var client = new OutgoingHttp(OutgoingGuards.Local).CreateClient(s_limits with { MaxRedirects = 0 });

        using var answer = await client.GetAsync(Format("http://127.0.0.1:{0}/", front.Port));

        Assert.Equal((HttpStatusCode.Found, 0), (answer.StatusCode, other.Connections));
    }

    [Fact]
    public async Task Given_an_answer_that_is_too_large_when_it_is_read_then_the_call_fails()
    {
        using var server = ListenerDouble.Endless();
        using var client = new OutgoingHttp(OutgoingGuards.Local).CreateClient(s_limits);

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Format("http://127.0.0.1:{0}/", server.Port)));

        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, error.HttpRequestError);
    }

    [Fact]
    public async Task Given_an_answer_that_does_not_continue_when_its_time_is_up_then_the_call_fails()
    {
        using var server = ListenerDouble.Silent();
        using var client = new OutgoingHttp(OutgoingGuards.Local).CreateClient(s_limits with { Timeout = TimeSpan.FromMilliseconds(300) });

        var error = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetAsync(Format("http://127.0.0.1:{0}/", server.Port)));

        Assert.IsType<TimeoutException>(error.InnerException);
    }

    [Fact]
    public async Task Given_a_host_with_one_silent_address_when_it_is_called_then_the_next_one_is_tried()
    {
        using var server = ListenerDouble.Answering("whole", "127.0.0.2");
        using var client = new OutgoingHttp(OutgoingGuards.With("127.0.0.0/8", Resolve("127.0.0.3", "127.0.0.2"))).CreateClient(s_limits);

        Assert.Equal("whole", await client.GetStringAsync(Format("http://two.example:{0}/", server.Port)));
    }

    private static ResolveHost Resolve(params string[] addresses) => (_, _) => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray());

    private static Uri Format(string address, int port) => new(address.Replace("{0}", $"{port}", StringComparison.Ordinal));

    private static async Task AssertRefusedAsync(OutgoingGuard guard, Uri address)
    {
        using var client = new OutgoingHttp(guard).CreateClient(s_limits);
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(address));
        Assert.IsType<OutgoingRefusedException>(error.InnerException);
    }
}
