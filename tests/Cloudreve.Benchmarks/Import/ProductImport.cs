using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cloudreve.Benchmarks.Import;

/// <summary>An import through the API of a running app, as an administrator starts it.</summary>
internal sealed class ProductImport(AppProcess app) : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _client = new() { BaseAddress = app.Address };
    private string _userId = "";

    /// <summary>Signs in.</summary>
    public async Task SignInAsync()
    {
        var data = await PostAsync("/api/v4/session/token", new { email = AppProcess.AdminEmail, password = AppProcess.AdminPassword });
        _client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", data.GetProperty("token").GetProperty("access_token").GetString());
        _userId = data.GetProperty("user").GetProperty("id").GetString()!;
    }

    /// <summary>Imports and waits for the end.</summary>
    /// <returns>The time from the accepted request to the completed task.</returns>
    /// <exception cref="BenchmarkException">The import did not bring all files.</exception>
    public async Task<TimeSpan> RunAsync(string source, string destination, int files)
    {
        var task = await PostAsync(
            "/api/v4/workflow/import",
            new { src = source, dst = destination, user_id = _userId, policy_id = 1, recursive = true, extract_media_meta = false });
        var clock = Stopwatch.StartNew();
        var id = task.GetProperty("id").GetString()!;
        string status;
        do
        {
            await Task.Delay(s_pause);
            var page = await DataAsync(await _client.GetAsync(new Uri("/api/v4/workflow?page_size=10&category=general", UriKind.Relative)));
            status = page.GetProperty("tasks").EnumerateArray().Single(t => t.GetProperty("id").GetString() == id).GetProperty("status").GetString()!;
        }
        while (status is "queued" or "processing");
        var elapsed = clock.Elapsed;
        var progress = await DataAsync(await _client.GetAsync(new Uri($"/api/v4/workflow/progress/{id}", UriKind.Relative)));
        var imported = progress.GetProperty("imported").GetProperty("current").GetInt64();
        if (status != "completed" || imported != files)
            throw new BenchmarkException($"The import is {status} with {imported} of {files} files.\n{app.Output}");
        return elapsed;
    }

    public void Dispose() => _client.Dispose();

    private async Task<JsonElement> PostAsync(string path, object body) =>
        await DataAsync(await _client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body));

    private static async Task<JsonElement> DataAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var envelope = await answer.Content.ReadFromJsonAsync<JsonElement>();
            return envelope.GetProperty("code").GetInt32() == 0
                ? envelope.GetProperty("data").Clone()
                : throw new BenchmarkException($"{answer.RequestMessage!.RequestUri}: {envelope}");
        }
    }
}
