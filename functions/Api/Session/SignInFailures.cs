using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Session;

/// <summary>
/// Records failed sign-ins for the user to see. It does so after the response: otherwise the response time would reveal whether a mail
/// address has an account.
/// </summary>
/// <param name="sessions">Sign-ins that wait for a second factor.</param>
/// <param name="activities">Takes the notes.</param>
/// <param name="logger">Receives failures that could not be recorded.</param>
internal sealed class SignInFailures(
    UserStore users, SignInSessions sessions, LoginActivityLog activities, ILogger<SignInFailures> logger)
{
    /// <summary>Runs the first step of a sign-in, and records a wrong password.</summary>
    /// <param name="email">The user's mail address.</param>
    /// <param name="signInAsync">The step.</param>
    public Task<User> OfPasswordAsync(HttpContext http, string email, Func<Task<User>> signInAsync) =>
        NoteAsync(http, ErrorCode.LoginFailed, async () => (await users.FindByEmailAsync(email))?.Id, signInAsync);

    /// <summary>Runs the second step of a sign-in, and records a wrong code.</summary>
    /// <param name="sessionId">The session id from the first step.</param>
    /// <param name="signInAsync">The step.</param>
    public Task<SecondStep> OfCodeAsync(HttpContext http, string sessionId, Func<Task<SecondStep>> signInAsync) =>
        NoteAsync(http, ErrorCode.WrongTwoFactorCode, () => sessions.FindUserAsync(sessionId), signInAsync);

    private async Task<T> NoteAsync<T>(HttpContext http, ErrorCode failure, Func<Task<long?>> findUserAsync, Func<Task<T>> signInAsync)
    {
        try
        {
            return await signInAsync();
        }
        catch (CloudreveException e) when (e.Code == failure)
        {
            var activity = SignInClient.Describe(http, LoginMethod.Password);
            http.Response.OnCompleted(() => AddAsync(findUserAsync, activity));
            throw;
        }
    }

    private async Task AddAsync(Func<Task<long?>> findUserAsync, LoginActivity activity)
    {
        try
        {
            if (await findUserAsync() is { } userId)
                await activities.AddFailureAsync(userId, activity);
        }
        catch (StorageException e)
        {
            logger.LogWarning("A failed sign-in was not noted. {Reason}", e.Message);
        }
    }
}
