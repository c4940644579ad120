using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Robustness;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

/// <summary>Tests that neither browsers nor proxies store responses with tokens, codes or other secrets.</summary>
public sealed partial class NeverStoredTests(SignedInApp app) : IClassFixture<SignedInApp>
{
    private static readonly IReadOnlyList<HttpFunction> s_functions = new HttpFunctions(typeof(HttpFunction).Assembly).All;

    // A profile lists links, but not their passwords; the names of providers' identities and of passkeys are no secrets.
    private static readonly HashSet<string> s_holdsNoSecret = ["ListUserShareLinks"];

    public static TheoryData<string> Secret => [.. s_functions.Where(function => function.IsNeverStored).Select(function => function.Name)];

    public static TheoryData<string> Others => [.. s_functions.Where(function => !function.IsNeverStored && EndpointOf(function) is { OutsidePrefix: false }).Select(function => function.Name)];

    [Theory]
    [MemberData(nameof(Secret))]
    public async Task Given_a_route_whose_answer_holds_a_secret_when_it_is_called_then_nobody_keeps_the_answer(string function) =>
        Assert.Equal("no-store", await CacheControlAsync(function));

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Given_any_other_route_when_it_is_called_then_the_answer_may_be_kept(string function) =>
        Assert.DoesNotContain("no-store", await CacheControlAsync(function), StringComparison.Ordinal);

    [Fact]
    public void Given_the_contracts_answers_when_they_hold_secrets_then_their_routes_say_so() =>
        Assert.Empty(
            from operation in OpenApiContract.Current.Operations
            where operation.Responses.GetValueOrDefault(200)?.Examples.Values.Any(HoldsSecret) == true
            let function = s_functions.FirstOrDefault(candidate => EndpointOf(candidate)?.OperationId == operation.Id)
            where function is { IsNeverStored: false } && !s_holdsNoSecret.Contains(function.Name)
            select function.Name);

    [Fact]
    public void Given_routes_of_sign_ins_and_viewers_when_looked_up_then_few_hold_nothing_secret()
    {
        string[] exceptions = ["DeletePasskey", "GetOAuthApp", "RevokeOAuthGrant", "UnlinkOpenid"];

        Assert.Equal(
            exceptions,
            s_functions.Where(function => !function.IsNeverStored && Credentials().IsMatch(function.Route)).Select(function => function.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_sign_in_when_it_succeeds_then_the_tokens_are_not_to_be_kept()
    {
        using var content = System.Net.Http.Json.JsonContent.Create(new { email = AppFixture.AdminEmail, password = AppFixture.Password });
        using var answer = await app.Anonymous.PostAsync("/api/v4/session/token", content);

        Assert.Contains("access_token", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
    }

    private async Task<string> CacheControlAsync(string function)
    {
        var route = s_functions.Single(candidate => candidate.Name == function);
        using var message = EndpointOf(route) is { } endpoint
            ? HostileRequests.Documented(endpoint).ToMessage(app.App.Address)
            : new HttpRequestMessage(new HttpMethod(route.Methods[0]), new Uri(app.App.Address, "/" + Parameter().Replace(route.Route, "1")));
        using var answer = await app.Administrator.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        return answer.Headers.CacheControl?.ToString() ?? "";
    }

    private static ContractEndpoint? EndpointOf(HttpFunction function) => OpenApiContract.Current.Endpoints.FirstOrDefault(endpoint =>
        function.Methods.Contains(endpoint.Method) && new PathTemplate("/" + function.Route).Shape == new PathTemplate(endpoint.FullPath).Shape);

    private static bool HoldsSecret(JsonNode? node) => node switch
    {
        JsonObject parent => parent.Any(pair => (SecretName().IsMatch(pair.Key) && pair.Value is JsonValue or JsonArray { Count: > 0 }) || HoldsSecret(pair.Value)),
        JsonArray items => items.Any(HoldsSecret),
        _ => false,
    };

    [GeneratedRegex("^(access_token|refresh_token|password|secret|challenge|ticket|credential|upload_urls|session_id|url|urls)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SecretName();

    [GeneratedRegex("^api/v4/(session/|user/authn|user/reset|user/activate|user$|user/setting/2fa|file/wopi|file/viewerSession)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Credentials();

    [GeneratedRegex("\\{[^}]*\\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();
}
