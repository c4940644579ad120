using System.Text.Json;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.Contract;
using Cloudreve.Testing.Contract;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Tests that every route admits the callers that the contract's list of endpoints admits, and nobody else.</summary>
public sealed class RouteAuthorizationTests(SignedInApp app) : IClassFixture<SignedInApp>
{
    private const int LoginRequired = 401;
    private const int CredentialInvalid = 40020;

    [Theory]
    [MemberData(nameof(ContractExamples.RoutedEndpoints), MemberType = typeof(ContractExamples))]
    public void Given_a_route_when_its_demands_are_compared_with_the_contract_then_they_are_the_same(string operationId)
    {
        var expected = ContractExamples.Endpoint(operationId).Auth switch
        {
            "optional" => AuthClass.Optional,
            "required" => AuthClass.Required,
            "admin" => AuthClass.Admin,
            // Signatures and keys are checked by the endpoint itself.
            _ => AuthClass.None,
        };

        Assert.Equal(expected, Route(operationId).Requirement.Class);
    }

    [Theory]
    [MemberData(nameof(ContractExamples.ProtectedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_a_protected_route_when_nobody_is_signed_in_then_the_code_is_401(string operationId)
    {
        Assert.Equal(LoginRequired, await CodeAsync(operationId, authorization: null));
    }

    [Theory]
    [MemberData(nameof(ContractExamples.ProtectedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_a_protected_route_when_the_token_is_forged_or_expired_then_the_code_is_401(string operationId)
    {
        foreach (var (fault, authorization) in (await ForgedTokensAsync()).All)
            Assert.True(await CodeAsync(operationId, authorization) == LoginRequired, $"A token with {fault} was not refused with 401.");
    }

    [Theory]
    [MemberData(nameof(ContractExamples.ProtectedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_a_protected_route_when_the_token_is_of_another_type_then_the_code_is_40020(string operationId)
    {
        foreach (var (fault, authorization) in (await ForgedTokensAsync()).OfAnotherType(app.Tokens.RefreshToken))
            Assert.True(await CodeAsync(operationId, authorization) == CredentialInvalid, $"A token with {fault} was not refused with 40020.");
    }

    private static HttpFunction Route(string operationId)
    {
        var endpoint = ContractExamples.Endpoint(operationId);
        return new HttpFunctions(typeof(HttpFunction).Assembly).All.Single(function =>
            function.Methods.Contains(endpoint.Method) && new PathTemplate("/" + function.Route).Shape == new PathTemplate(endpoint.FullPath).Shape);
    }

    private async Task<ForgedTokens> ForgedTokensAsync()
    {
        var site = await app.App.Services.GetRequiredService<SettingStore>().GetAsync();
        return new ForgedTokens(app.Tokens.AccessToken, site.Get(SiteSetting.SecretKey));
    }

    private async Task<int> CodeAsync(string operationId, string? authorization)
    {
        var endpoint = ContractExamples.Endpoint(operationId);
        using var request = new HttpRequestMessage(new HttpMethod(endpoint.Method), ContractExamples.PathOf(endpoint));
        if (authorization is not null)
            Assert.True(request.Headers.TryAddWithoutValidation("Authorization", authorization));
        using var answer = await app.Anonymous.SendAsync(request);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return body.RootElement.GetProperty("code").GetInt32();
    }
}
