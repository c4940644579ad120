using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Contract;
using Cloudreve.Functions.Tests.Files;
using Cloudreve.Testing.Contract;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Tests that every text and list of every body has a limit, which is checked before anything is stored.</summary>
public sealed class BodyBoundsTests(SignedInApp app) : IClassFixture<SignedInApp>
{
    private const string ViewerId = "af01b85b-f57d-46d2-8ad6-1d9b96548e78";
    private const string Viewers =
        $$"""
        [{"viewers":[{"id":"{{ViewerId}}","type":"wopi","display_name":"Office","exts":["docx"],
          "wopi_actions":{"docx":{"edit":"http://office.example/edit?<ui=UI_LLCC&>"} } }]}]
        """;

    private static readonly MethodInfo[] s_functions =
    [
        .. typeof(HttpFunction).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => BodyTypeOf(method) is not null),
    ];

    public static TheoryData<string> Functions => [.. s_functions.Select(method => HttpFunction.Of(method)!.Name)];

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Given_a_body_with_a_value_that_is_too_long_when_sent_then_it_never_reaches_storage(string function)
    {
        var method = s_functions.Single(candidate => HttpFunction.Of(candidate)!.Name == function);
        var endpoint = OpenApiContract.Current.Endpoints.First(candidate => IsOf(HttpFunction.Of(method)!, candidate));
        var valid = await ValidAsync(function, endpoint);
        var faults = new List<string>();

        foreach (var body in LongValues.Of(BodyTypeOf(method)!, valid))
        {
            var code = await SendAsync(endpoint, await PathAsync(endpoint), body.Body);
            if (code is -1 or >= 50_000 || (body.IsBeyondAll && code is < 40_000))
                faults.Add($"{body.Fault}: {code}");
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Given_the_bodies_when_their_functions_are_counted_then_there_are_as_many_as_the_api_has() => Assert.InRange(s_functions.Length, 30, 200);

    [Theory]
    [InlineData(1_000, 255)]
    [InlineData(100, 161)]
    public async Task Given_more_extensions_than_an_account_keeps_when_changed_then_it_is_a_bad_parameter(int count, int length)
    {
        var (client, _) = await app.App.NewUserAsync();

        var answer = await client.SendApiAsync(
            HttpMethod.Patch, "user/setting", new { version_retention_ext = Enumerable.Range(0, count).Select(_ => new string('a', length)) });

        Assert.Equal(40001, answer.Code);
    }

    [Fact]
    public async Task Given_the_longest_escaped_settings_when_sent_then_what_does_not_fit_is_a_bad_parameter()
    {
        var (client, _) = await app.App.NewUserAsync();
        var name = new string('\u0001', 59_900);
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Put, "file/pin", new { uri = "cloudreve://my/a", name = new string('a', 16_000) })).Code);
        Assert.Equal(40001, (await client.SendApiAsync(HttpMethod.Put, "file/pin", new { uri = "cloudreve://my/b", name })).Code);

        var extensions = Enumerable.Range(0, 60).Select(_ => new string('\u4e2d', 255));
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { version_retention_ext = extensions })).Code);
        Assert.Single((await client.GetApiAsync("user/me")).Data.GetProperty("pined").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_file_below_the_longest_names_when_a_viewer_opens_it_then_its_whole_path_is_kept()
    {
        await app.App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [ViewerSetting.Viewers.Key] = Viewers });
        var (client, user) = await app.App.NewUserAsync();
        var folder = string.Join('/', Enumerable.Repeat(new string('\u4e2d', 85), 60));
        await app.App.AddFileAsync(user, folder + "/a.docx", "x"u8.ToArray());
        var uri = "cloudreve://my/" + string.Join('/', folder.Split('/').Select(Uri.EscapeDataString)) + "/a.docx";

        var answer = await client.SendApiAsync(HttpMethod.Put, "file/viewerSession", new { uri, viewer_id = ViewerId, preferred_action = "edit" });

        Assert.Equal(0, answer.Code);
        var token = answer.Data.GetProperty("session").GetProperty("access_token").GetString();
        var session = await app.App.Services.GetRequiredService<ViewerSessions>().FindAsync(token);
        Assert.Equal(61, session?.Uri.Path.Depth);
    }

    private static Type? BodyTypeOf(MethodInfo method) =>
        method.GetCustomAttribute<FunctionAttribute>() is null
            ? null
            : method.GetParameters().FirstOrDefault(parameter => parameter.GetCustomAttribute<JsonBodyAttribute>() is not null)?.ParameterType;

    private static bool IsOf(HttpFunction function, ContractEndpoint endpoint) =>
        function.Methods.Contains(endpoint.Method) && new PathTemplate("/" + function.Route).Shape == new PathTemplate(endpoint.FullPath).Shape;

    private async Task<int> SendAsync(ContractEndpoint endpoint, string path, JsonObject body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(endpoint.Method), path)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Options.Set(ContractHandler.Undocumented, true);
        using var answer = await app.Administrator.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetInt32();
    }

    private async Task<string> PathAsync(ContractEndpoint endpoint) => endpoint.FullPath.EndsWith("/user/reset/{id}", StringComparison.Ordinal)
        ? $"/api/v4/user/reset/{(await app.App.GetSiteAsync()).HashIds.Encode(1, HashIdKind.User)}"
        : ContractExamples.PathOf(endpoint);

    /// <summary>The contract's example, with existing objects: only values that reach storage show whether they fit.</summary>
    private async Task<JsonObject> ValidAsync(string function, ContractEndpoint endpoint)
    {
        var hashIds = (await app.App.GetSiteAsync()).HashIds;
        var path = $"{function}-{Guid.NewGuid():N}";
        var user = (await app.App.Services.GetRequiredService<UserStore>().FindAsync(1))!;
        await app.App.AddFileAsync(user, $"{path}/a.docx", "x"u8.ToArray());
        var (folder, file) = ($"cloudreve://my/{path}", $"cloudreve://my/{path}/a.docx");
        await app.App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [ViewerSetting.Viewers.Key] = Viewers });
        var examples = OpenApiContract.Current.Operations.FirstOrDefault(operation => operation.Id == endpoint.OperationId)?.RequestBody?.Examples;
        var body = examples is { Count: > 0 } ? (JsonObject)examples.Values.First()!.DeepClone() : [];
        foreach (var (name, value) in ExistingThings(function, folder, file, hashIds.Encode(1, HashIdKind.User)))
            body[name] = value?.DeepClone();
        return body;
    }

    private static JsonObject ExistingThings(string function, string folder, string file, string userId) => function switch
    {
        "PinToSidebar" or "DeletePin" => new JsonObject { ["uri"] = folder },
        "UpdateViewSetting" => new JsonObject
        {
            ["uri"] = folder,
            ["view"] = new JsonObject { ["page_size"] = 100, ["columns"] = new JsonArray(new JsonObject { ["type"] = 0, ["props"] = new JsonObject() }) },
        },
        "PatchMetadata" => new JsonObject { ["uris"] = new JsonArray(file), ["patches"] = new JsonArray(new JsonObject { ["key"] = "dav:a", ["value"] = "b" }) },
        "CreateFile" => new JsonObject { ["uri"] = folder + "/new", ["type"] = "folder", ["metadata"] = new JsonObject(), ["err_on_conflict"] = false },
        "RenameFile" => new JsonObject { ["uri"] = file, ["new_name"] = "b.docx" },
        "CreateUploadSession" => new JsonObject { ["uri"] = folder + "/new.bin", ["size"] = 1, ["policy_id"] = null, ["metadata"] = new JsonObject() },
        "CreateShareLink" => new JsonObject { ["uri"] = folder, ["is_private"] = true, ["password"] = "abc", ["expire"] = 3600 },
        "CreateViewerSession" => new JsonObject { ["uri"] = file, ["viewer_id"] = ViewerId, ["preferred_action"] = "edit", ["version"] = null },
        "ReportAbuse" => new JsonObject { ["category"] = 0, ["user_id"] = userId, ["share_id"] = null, ["file_uri"] = folder, ["description"] = "x" },
        "ImportExternalFiles" => new JsonObject { ["src"] = "some/source", ["dst"] = folder, ["user_id"] = userId, ["policy_id"] = 1 },
        "ConsentOAuthApp" => new JsonObject
        {
            ["client_id"] = OAuthClients.DesktopId.ToString("D"),
            ["response_type"] = "code",
            ["redirect_uri"] = "/callback/desktop",
            ["scope"] = "openid",
            ["code_challenge"] = new string('a', 43),
            ["code_challenge_method"] = "S256",
        },
        "CreateDownloadUrl" or "CreateDirectLinks" => new JsonObject { ["uris"] = new JsonArray(file) },
        _ => [],
    };
}
