using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.Files.Uploads;

/// <summary>A user of an app with the storage policy of a test.</summary>
internal sealed class UploadingUser : IDisposable
{
    private static readonly HttpClient Browser = new();

    private readonly AppFixture _app;

    private UploadingUser(AppFixture app, HttpClient api, long id) => (_app, Api, Id) = (app, api, id);

    public HttpClient Api { get; }

    public long Id { get; }

    public static async Task<UploadingUser> CreateAsync(AppFixture app)
    {
        var user = await app.CreateUserAsync();
        return new UploadingUser(app, await app.SignInAsync(user.Email), user.Id);
    }

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    public static async Task SetPolicyAsync(AppFixture app, Func<StoragePolicySettings, StoragePolicySettings> change, long maxSize = 0)
    {
        var catalog = app.Services.GetRequiredService<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        await catalog.SavePolicyAsync(policy with { Settings = change(policy.Settings), MaxSize = maxSize });
    }

    public Task<ApiAnswer> InfoAsync(string uri) => Api.GetApiAsync($"file/info?uri={Uri.EscapeDataString(uri)}");

    public async Task<string> AddressAsync(string uri) =>
        (await Api.PostApiAsync("file/url", new { uris = new[] { uri } })).Data.GetProperty("urls")[0].GetProperty("url").GetString()!;

    public async Task<byte[]> DownloadAsync(string uri) => await Browser.GetByteArrayAsync(new Uri(await AddressAsync(uri)));

    public Task<long> UsedAsync() => _app.Services.GetRequiredService<QuotaLedger>().GetUsedAsync(Id);

    /// <summary>The encoded id of the current version.</summary>
    public async Task<string> VersionAsync(string uri) => (await InfoAsync(uri)).Data.GetProperty("primary_entity").GetString()!;

    public async Task<long> DecodeAsync(string version)
    {
        (await _app.GetSiteAsync()).HashIds.TryDecode(version, HashIdKind.Entity, out var id);
        return id;
    }

    public async Task BreakLocksAsync()
    {
        var locks = _app.Services.GetRequiredService<DriveLocks>();
        foreach (var held in (await locks.ReadAsync(Id)).Locks)
            await locks.ReleaseAsync(held.OwnerId, held.Token);
    }

    public void Dispose() => Api.Dispose();
}
