using System.Net;

namespace Cloudreve.Dev.Running;

/// <summary>Waits until the app answers.</summary>
internal static class AppProbe
{
    /// <summary>The time that the app may take to start where it waits for nothing but itself.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for the first good response.</summary>
    /// <param name="client">Knows where the app is.</param>
    /// <param name="timeout">The time that it may take; infinite where the app itself may have to wait.</param>
    /// <exception cref="CommandException">It did not arrive in time, or was another one.</exception>
    public static async Task AwaitAsync(HttpClient client, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            while (!await IsUpAsync(client, limit.Token))
                await Task.Delay(s_pollInterval, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException($"The app gave no answer within {timeout.TotalMinutes:0} minutes.");
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
