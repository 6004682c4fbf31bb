package snapshotclone

import (
	"encoding/json"
	"io"
	"net/http"
)

// answer is the service as clients see it: /SnapshotCloneService?Action=…&Version=…&User=…. It has no snapshot and no
// clone, and makes none: what would, is a bad request.
func answer(r *http.Request, w io.Writer) int {
	body := map[string]any{"Code": "0", "Message": "Exec success.", "RequestId": "standin"}
	q := r.URL.Query()
	code := http.StatusOK
	switch list := map[string]string{
		"GetFileSnapshots": "Snapshots", "GetFileSnapshotList": "Snapshots",
		"GetCloneTasks": "TaskInfos", "GetCloneTaskList": "TaskInfos",
	}[q.Get("Action")]; {
	case list == "" || q.Get("Version") == "" || q.Get("User") == "":
		body["Code"], body["Message"], body["UUID"] = "-5", `BadRequest:"Invalid request."`, ""
		code = http.StatusBadRequest
	default:
		body[list], body["TotalCount"] = []string{}, 0
	}
	_ = json.NewEncoder(w).Encode(body)
	return code
}
