using System.Net.Http.Json;
using Cloudreve.Load.Checks;
using Cloudreve.Load.Contests;
using Cloudreve.Load.Drives;
using Cloudreve.Load.Measures;

namespace Cloudreve.Load.Clients;

/// <summary>A user, several of whose clients may be at work.</summary>
internal sealed class LoadUser
{
    public const string Password = "correct horse battery";

    public LoadUser(int index, HttpClient http, LoadRecorder recorder, Differences differences)
    {
        (Index, Differences) = (index, differences);
        Api = new ApiConnection(http, recorder);
        Reader = new DriveReader(Api);
        Contest = new Contest(this);
    }

    public int Index { get; }

    public string Email => $"user{Index}@example.com";

    public ApiConnection Api { get; }

    public DriveReader Reader { get; }

    public DriveHistory History { get; } = new();

    public Differences Differences { get; }

    /// <summary>The contest of all clients of the user.</summary>
    public Contest Contest { get; }

    /// <summary>True if overwritten content is kept as a version that is not listed but charged.</summary>
    public bool KeepsVersions => Index % 3 == 2;

    /// <summary>Records a difference together with the operations that name an object.</summary>
    public void Differ(string text, params IEnumerable<string> names) => Differences.Add($"user {Index}: {text}\n{History.About(names)}");

    /// <summary>Signs up and in, and creates the objects that clients compete for.</summary>
    public async Task PrepareAsync()
    {
        await RequireAsync(() => Api.PostAsync("sign-up", "user", new { email = Email, password = Password }));
        await RequireAsync(() => Api.SignInAsync(Email, Password));
        await RequireAsync(() => Api.SendAsync(
            "settings", HttpMethod.Patch, "user/setting", JsonContent.Create(new { version_retention_enabled = KeepsVersions, version_retention_max = 3 })));
        await Contest.PrepareAsync();
    }

    /// <summary>Sends a request that has to succeed before the load begins.</summary>
    public static async Task RequireAsync(Func<Task<Reply>> send)
    {
        var reply = await send();
        if (!reply.IsDone)
            throw new InvalidOperationException($"The load could not be prepared: {reply.Result}.");
    }
}
