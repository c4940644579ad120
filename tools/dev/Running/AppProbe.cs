using System.Net;

namespace Cloudreve.Dev.Running;

/// <summary>Waits until the app answers.</summary>
internal static class AppProbe
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for the first good answer.</summary>
    /// <exception cref="CommandException">It did not come in time, or another came.</exception>
    public static async Task AwaitAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_startTimeout);
        try
        {
            while (!await IsUpAsync(client, limit.Token))
                await Task.Delay(s_pollInterval, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException($"The app gave no answer within {s_startTimeout.TotalMinutes:0} minutes.");
        }
    }

    private static async Task<bool> IsUpAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/api/v4/site/ping", UriKind.Relative), cancellationToken);
            // A Functions host listens before it has read its functions.
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable)
                return false;
            return answer.IsSuccessStatusCode ? true : throw new CommandException($"The app answers its ping with {(int)answer.StatusCode}.");
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
