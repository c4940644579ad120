using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>Other folders of the drive are being moved: 409 once waiting has taken long enough.</summary>
/// <param name="cause">The error of storage; null when it was not asked.</param>
internal sealed class DriveBusyException(Exception? cause = null)
    : CloudreveException(ErrorCode.Conflict, "Other folders are being moved; try again.", cause);
