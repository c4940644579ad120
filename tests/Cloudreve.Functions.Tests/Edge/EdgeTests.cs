using System.Net;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class EdgeTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_running_app_when_it_is_pinged_then_the_version_comes_in_an_envelope()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var answer = await app.CreateClient().GetAsync("/api/v4/site/ping");

        Assert.Equal("""{"code":0,"msg":"","data":"4.14.0"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("private, no-cache", answer.Headers.NonValidated["Cache-Control"].ToString());
    }

    [Theory]
    [InlineData("GET", "/api/v4/nothing/here")]
    [InlineData("POST", "/api/v4/site/ping")]
    public async Task Given_no_such_route_or_method_when_it_is_called_then_the_status_is_404_without_envelope(string method, string path)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var answer = await app.CreateClient().SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/API/V4/user/me")]
    [InlineData("/Api/v4/User/Me")]
    [InlineData("/api/V4/FILE?uri=cloudreve%3A%2F%2Fmy")]
    public async Task Given_another_spelling_of_the_prefix_when_the_api_is_called_then_an_envelope_answers(string path)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        using var answer = await app.CreateClient().GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("""{"code":401,""", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("private, no-cache", answer.Headers.NonValidated["Cache-Control"].ToString());
    }

    [Theory]
    [InlineData("GET", "/API/V4/nothing/here")]
    [InlineData("POST", "/API/v4/site/ping")]
    public async Task Given_another_spelling_of_the_prefix_when_no_route_matches_then_the_status_is_404(string method, string path)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        using var answer = await app.CreateClient().SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(nameof(UndeclaredFunctions.WithoutRequirement), "Forgotten")]
    [InlineData(nameof(UndeclaredFunctions.WithoutBodyLimit), "Unlimited")]
    [InlineData(nameof(UndeclaredFunctions.WithoutRoute), "Unrouted")]
    public void Given_a_function_that_lacks_a_declaration_when_the_app_starts_then_it_names_it_and_stops(string method, string name)
    {
        var error = Assert.Throws<FunctionDeclarationException>(() => HttpFunction.Of(typeof(UndeclaredFunctions).GetMethod(method)!));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_handler_that_fails_when_called_then_a_generic_message_has_the_requests_id()
    {
        await using var app = await AppFixture.StartAsync(azurite, functions: typeof(EdgeFunctions));
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/v4/broken");
        request.Headers.Add("X-Cr-Correlation-Id", "b4351ecc-ee1a-4455-bc94-2c3dbcc58538");

        var answer = await app.CreateClient().SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            """{"code":-1,"msg":"An internal error occurred.","correlation_id":"b4351ecc-ee1a-4455-bc94-2c3dbcc58538"}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public void Given_all_functions_when_enumerated_then_names_are_distinct_letters_and_digits()
    {
        var names = new HttpFunctions(typeof(HttpFunction).Assembly).All.Select(f => f.Name).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.True(name.All(char.IsAsciiLetterOrDigit), name));
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public async Task Given_a_result_that_fails_when_it_is_executed_then_the_answer_is_an_envelope()
    {
        await using var app = await AppFixture.StartAsync(azurite, functions: typeof(EdgeFunctions));

        var answer = await app.CreateClient().GetApiAsync("broken/result");

        Assert.Equal((-1, "An internal error occurred."), (answer.Code, answer.Msg));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Client-IP", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "evil.example.com")]
    [InlineData("X-Original-Host", "evil.example.com")]
    public async Task Given_a_forged_forwarding_header_when_a_client_sends_it_then_nothing_changes(string header, string value)
    {
        await using var app = await AppFixture.StartAsync(azurite, functions: typeof(EdgeFunctions));
        var client = app.CreateClient();
        client.DefaultRequestHeaders.Add(header, value);

        var answer = await client.GetApiAsync("origin");

        Assert.Equal($"127.0.0.1 http {app.Address.GetLeftPart(UriPartial.Authority)}", answer.Data.GetString());
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9:51234", "203.0.113.9")]
    [InlineData("[2001:db8::1]:443", "2001:db8::1")]
    public async Task Given_a_platform_that_passes_addresses_when_a_header_is_set_then_its_last_entry_counts(string value, string expected)
    {
        await using var app = await AppFixture.StartAsync(
            azurite, settings: new Dictionary<string, string?> { ["CLOUDREVE_CLIENT_ADDRESS_HEADER"] = "X-Client-IP" }, functions: typeof(EdgeFunctions));
        var client = app.CreateClient();
        client.DefaultRequestHeaders.Add("X-Client-IP", value);

        var answer = await client.GetApiAsync("origin");

        Assert.StartsWith(expected + " ", answer.Data.GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_an_endpoint_for_administrators_when_others_call_it_then_they_are_refused()
    {
        await using var app = await AppFixture.StartAsync(azurite, functions: typeof(EdgeFunctions));
        var user = await app.CreateUserAsync();

        Assert.Equal(401, (await app.CreateClient().GetApiAsync("admin-only")).Code);
        Assert.Equal(403, (await (await app.SignInAsync(user.Email)).GetApiAsync("admin-only")).Code);
        Assert.Equal("secret", await (await app.SignInAsync()).GetStringAsync("/api/v4/admin-only"));
    }
}

/// <summary>Functions that show what the edge does.</summary>
internal sealed class EdgeFunctions
{
    /// <summary>Fails.</summary>
    [Function("Broken")]
    [Requires(AuthClass.None)]
    public static IResult Broken([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/broken")] HttpRequest request) =>
        throw new InvalidOperationException("secret");

    /// <summary>Fails while it answers.</summary>
    [Function("BrokenResult")]
    [Requires(AuthClass.None)]
    public static IResult BrokenResult([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/broken/result")] HttpRequest request) =>
        new BrokenAnswer();

    /// <summary>Is for administrators.</summary>
    [Function("AdminOnly")]
    [Requires(AuthClass.Admin)]
    public static IResult AdminOnly([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin-only")] HttpRequest request) =>
        Results.Text("secret");

    /// <summary>Returns the client address of the request.</summary>
    [Function("Origin")]
    [Requires(AuthClass.None)]
    public static IResult Origin([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/origin")] HttpRequest request, ApiCall call) =>
        ApiResponse.Ok($"{ClientAddresses.Of(request.HttpContext)} {request.Scheme} {SiteUrls.Base(request.HttpContext, call.Site, primary: false)}");

    private sealed class BrokenAnswer : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => throw new InvalidOperationException("secret");
    }
}

/// <summary>Functions that must not start.</summary>
internal sealed class UndeclaredFunctions
{
    [Function("Forgotten")]
    public static IResult WithoutRequirement([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/forgotten")] HttpRequest request) =>
        Results.Empty;

    [Function("Unlimited")]
    [Requires(AuthClass.None)]
    public static IResult WithoutBodyLimit([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/unlimited")] HttpRequest request) =>
        Results.Empty;

    [Function("Unrouted")]
    [Requires(AuthClass.None)]
    public static IResult WithoutRoute([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Empty;
}
