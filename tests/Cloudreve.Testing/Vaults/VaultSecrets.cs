using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudreve.Testing.Vaults;

/// <summary>A version of a secret in a vault.</summary>
/// <param name="Id">Its id: 32 hexadecimal digits.</param>
/// <param name="Name">The secret's name.</param>
public sealed record VaultVersion(string Id, string Name, string Value, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>True if its value may be read.</summary>
    public bool IsEnabled { get; set; } = true;
}

/// <summary>The secrets of a <see cref="KeyVaultServer"/>.</summary>
/// <param name="address">The vault's address.</param>
public sealed class VaultSecrets(Uri address)
{
    private const string Version = "api-version";
    private const int PageSize = 25;

    private readonly Lock _turn = new();
    private readonly List<VaultVersion> _versions = [];
    private readonly List<string> _requests = [];

    /// <summary>Decides what a request fails with, before it is carried out; null for nothing.</summary>
    public Func<string, HttpStatusCode?> Fail { get; set; } = _ => null;

    /// <summary>Decides which requests are carried out but answered with an error.</summary>
    public Func<string, bool> LoseAnswer { get; set; } = _ => false;

    /// <summary>All versions, the oldest first.</summary>
    public IReadOnlyList<VaultVersion> Versions
    {
        get
        {
            lock (_turn)
                return [.. _versions];
        }
    }

    /// <summary>Takes the requests since the last call: <c>401</c> for a challenge, else <c>list</c>, <c>get</c> and <c>set</c>.</summary>
    public IReadOnlyList<string> TakeRequests()
    {
        lock (_turn)
        {
            string[] taken = [.. _requests];
            _requests.Clear();
            return taken;
        }
    }

    /// <summary>Deletes a secret with all its versions.</summary>
    /// <param name="name">The secret's name.</param>
    public void Delete(string name)
    {
        lock (_turn)
            _versions.RemoveAll(version => version.Name == name);
    }

    internal void Note(string request)
    {
        lock (_turn)
            _requests.Add(request);
    }

    internal (HttpStatusCode Status, string Json) Answer(string method, string target, string body)
    {
        var uri = new Uri(address, target);
        var path = uri.AbsolutePath.Trim('/').Split('/');
        var kind = (method, path) switch
        {
            ("GET", ["secrets", _, "versions"]) => "list",
            ("GET", ["secrets", _, _]) => "get",
            ("PUT", ["secrets", _]) => "set",
            _ => "unknown",
        };
        if (!uri.Query.Contains(Version + "=", StringComparison.Ordinal))
            return (HttpStatusCode.BadRequest, Error("BadParameter"));
        lock (_turn)
        {
            _requests.Add(kind);
            if (Fail(kind) is { } status)
                return (status, Error(status.ToString()));
            var answer = kind switch
            {
                "list" => (HttpStatusCode.OK, List(path[1], uri)),
                "get" => Get(path[1], path[2]),
                "set" => (HttpStatusCode.OK, Set(path[1], JsonNode.Parse(body)!)),
                _ => (HttpStatusCode.NotFound, Error("NotFound")),
            };
            return LoseAnswer(kind) ? (HttpStatusCode.InternalServerError, Error("InternalServerError")) : answer;
        }
    }

    private static string Error(string code) => new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = code } }.ToJsonString();

    private string List(string name, Uri uri)
    {
        var skip = uri.Query.Split('&', '?').FirstOrDefault(part => part.StartsWith("$skiptoken=", StringComparison.Ordinal)) is { } token
            ? int.Parse(token["$skiptoken=".Length..], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
        var known = _versions.Where(version => version.Name == name).ToList();
        var page = new JsonArray([.. known.Skip(skip).Take(PageSize).Select(version => (JsonNode)Describe(version))]);
        var next = skip + PageSize < known.Count ? new Uri(address, $"/secrets/{name}/versions?{Version}=7.6&$skiptoken={skip + PageSize}").ToString() : null;
        return new JsonObject { ["value"] = page, ["nextLink"] = next }.ToJsonString();
    }

    private (HttpStatusCode Status, string Json) Get(string name, string id)
    {
        if (_versions.FirstOrDefault(version => version.Name == name && version.Id == id) is not { } version)
            return (HttpStatusCode.NotFound, Error("SecretNotFound"));
        return version.IsEnabled ? (HttpStatusCode.OK, DescribeWithValue(version)) : (HttpStatusCode.Forbidden, Error("Forbidden"));
    }

    private string Set(string name, JsonNode body)
    {
        var tags = body["tags"]?.Deserialize<Dictionary<string, string>>() ?? [];
        var version = new VaultVersion(Guid.NewGuid().ToString("N"), name, (string)body["value"]!, tags);
        _versions.Add(version);
        return DescribeWithValue(version);
    }

    private string DescribeWithValue(VaultVersion version)
    {
        var described = Describe(version);
        described["value"] = version.Value;
        return described.ToJsonString();
    }

    private JsonObject Describe(VaultVersion version) => new()
    {
        ["id"] = new Uri(address, $"/secrets/{version.Name}/{version.Id}").ToString(),
        ["attributes"] = new JsonObject { ["enabled"] = version.IsEnabled, ["created"] = 1_770_000_000, ["updated"] = 1_770_000_000 },
        ["tags"] = JsonSerializer.SerializeToNode(version.Tags),
    };
}
