#include "core/guest.hpp"

#include "core/attachment.hpp"
#include "core/bridge.hpp"
#include "core/lifecycle.hpp"
#include "core/thread_state.hpp"

#include <algorithm>
#include <marshal.h>
#include <system_error>
#include <utility>

namespace subinterp {

namespace {

/// The current exception as "Type: message", and clear it. Attached.
std::string take_exception() {
    PyObject *exception = PyErr_GetRaisedException();
    std::string text = exception != nullptr ? Py_TYPE(exception)->tp_name : "unknown error";
    PyObject *message = exception != nullptr ? PyObject_Str(exception) : nullptr;
    const char *utf8 = message != nullptr ? PyUnicode_AsUTF8(message) : nullptr;
    if (utf8 != nullptr) {
        text += ": ";
        text += utf8;
    }
    PyErr_Clear();
    Py_XDECREF(message);
    Py_XDECREF(exception);
    return text;
}

/// The outcome of a job that subinterp_guest itself failed to handle. Attached.
std::string failure_outcome() {
    const std::string reason = take_exception();
    PyObject *outcome =
        Py_BuildValue("{s:s,s:s#,s:[],s:s#,s:O}", "ename", "SystemError", "evalue", reason.data(),
                      static_cast<Py_ssize_t>(reason.size()), "traceback", "text", reason.data(),
                      static_cast<Py_ssize_t>(reason.size()), "pickle", Py_None);
    PyObject *bytes =
        outcome != nullptr ? PyMarshal_WriteObjectToString(outcome, Py_MARSHAL_VERSION) : nullptr;
    Py_XDECREF(outcome);
    if (bytes == nullptr) {
        PyErr_Clear();
        return {};
    }
    std::string result(PyBytes_AS_STRING(bytes),
                       static_cast<std::size_t>(PyBytes_GET_SIZE(bytes)));
    Py_DECREF(bytes);
    return result;
}

/// Read what a job returned: bytes, or bytes and a list of objects whose memory goes with
/// them. False: an exception is set. Attached.
bool take_outcome(PyObject *outcome, Parcel &into) {
    const char *data = nullptr;
    Py_ssize_t size = 0;
    PyObject *exporters = nullptr;
    if (PyBytes_Check(outcome)) {
        data = PyBytes_AS_STRING(outcome);
        size = PyBytes_GET_SIZE(outcome);
    } else if (!PyArg_Parse(outcome, "(y#O!);a job returns bytes, or bytes and a list", &data,
                            &size, &PyList_Type, &exporters)) {
        return false;
    }
    into.data.assign(data, static_cast<std::size_t>(size));
    return exporters == nullptr || Buffer::copy_all(exporters, into.buffers);
}

bool set_sys_path(const std::vector<std::string> &path) {
    PyObject *list = PyList_New(0);
    bool done = list != nullptr;
    for (const std::string &entry : path) {
        PyObject *item = done ? PyUnicode_DecodeFSDefaultAndSize(
                                    entry.data(), static_cast<Py_ssize_t>(entry.size()))
                              : nullptr;
        done = item != nullptr && PyList_Append(list, item) == 0;
        Py_XDECREF(item);
    }
    done = done && PySys_SetObject("path", list) == 0;
    Py_XDECREF(list);
    return done;
}

} // namespace

Guest::Guest(std::string name, Gil gil)
    : gil_(gil), born_in_(fork_generation()), name_(std::move(name)) {}

bool Guest::gone() const noexcept { return born_in_ != fork_generation(); }

std::shared_ptr<Guest> Guest::create(std::string name, Gil gil, std::vector<std::string> path,
                                     std::string setup) {
    std::shared_ptr<Guest> guest(new Guest(std::move(name), gil));
    guest->workers_.push_back(std::make_unique<Worker>(""));
    Worker &home = *guest->workers_.front();
    enlist(guest);
    std::unique_lock lock(guest->mutex_);
    try {
        home.thread = std::make_unique<NativeThread>(
            [guest, path = std::move(path), setup = std::move(setup)] {
                guest->home_thread(path, setup);
            });
    } catch (const std::system_error &error) {
        guest->state_ = State::closed;
        throw StartError(error.what());
    }
    guest->changed_.wait(lock, [&] { return guest->state_ != State::starting; });
    if (!guest->start_failure_.empty()) {
        lock.unlock();
        guest->await_closed(Clock::now()); // joins the thread, unless end_all() was first
        throw StartError(guest->start_failure_);
    }
    return guest;
}

void Guest::home_thread(std::vector<std::string> path, std::string setup) {
    try {
        interpreter_ = std::make_unique<Interpreter>(gil_);
        id_ = interpreter_->id();
        {
            std::lock_guard lock(mutex_);
            interpreter_state_ = interpreter_->get();
            changed_.notify_all();
        }
        boot(path, setup);
    } catch (const StartError &error) {
        if (interpreter_) {
            end_interpreter();
        }
        std::lock_guard lock(mutex_);
        start_failure_ = error.what();
        state_ = State::closed;
        changed_.notify_all();
        return;
    }
    introduce(*workers_.front(), PyThreadState_GetID(interpreter_->home_state()));
    {
        std::lock_guard lock(mutex_);
        state_ = State::open;
        visits_allowed_ = true;
        changed_.notify_all();
    }
    serve(*workers_.front(), interpreter_->home_state());
    finish();
}

void Guest::boot(const std::vector<std::string> &path, const std::string &setup) {
    Attachment attached(interpreter_->home_state());
    const std::string failure = enter_python([&]() -> std::string {
        types_.guest = this;
        if (!types_.make() || !install_bridge(*this) || !set_sys_path(path)) {
            return take_exception();
        }
        PyObject *package = PyImport_ImportModule("subinterp_guest");
        PyObject *functions = package != nullptr
                                  ? PyObject_CallMethod(package, "boot", "y#", setup.data(),
                                                        static_cast<Py_ssize_t>(setup.size()))
                                  : nullptr;
        Py_XDECREF(package);
        if (functions == nullptr) {
            return take_exception();
        }
        std::string reason;
        if (PyArg_ParseTuple(functions, "OO", &handle_, &shutdown_)) {
            Py_INCREF(handle_);
            Py_INCREF(shutdown_);
        } else {
            reason = take_exception();
        }
        Py_DECREF(functions);
        return reason;
    });
    if (!failure.empty()) {
        throw StartError(failure);
    }
}

void Guest::introduce(Worker &worker, std::uint64_t thread_state_id) {
    std::lock_guard lock(mutex_);
    name_this_thread(worker.name.empty() ? name_ : worker.name + "@" + name_);
    worker.ident = PyThread_get_thread_ident();
    worker.native_id = native_thread_id();
    worker.thread_state_id = thread_state_id;
}

void Guest::worker_thread(Worker &worker) {
    {
        ThreadState state(interpreter_state_);
        introduce(worker, state.id());
        serve(worker, state.get());
    }
    std::lock_guard lock(mutex_);
    --living_workers_;
    changed_.notify_all();
}

Parcel Guest::execute(const Worker &worker, const Job &job, PyThreadState *state) {
    Attachment attached(state);
    return enter_python([&]() -> Parcel {
        PyObject *buffers = wrap_buffers(types_, job.request.buffers);
        PyObject *outcome =
            buffers != nullptr
                ? PyObject_CallFunction(handle_, "Ky#sN", static_cast<unsigned long long>(job.run),
                                        job.request.data.data(),
                                        static_cast<Py_ssize_t>(job.request.data.size()),
                                        worker.name.c_str(), buffers)
                : nullptr;
        Parcel result;
        if (outcome == nullptr || !take_outcome(outcome, result)) {
            result = {failure_outcome(), {}};
        }
        Py_XDECREF(outcome);
        return result;
    });
}

std::string Guest::name() const {
    std::lock_guard lock(mutex_);
    return name_;
}

void Guest::rename(std::string name) {
    std::lock_guard lock(mutex_);
    name_ = std::move(name);
    name_this_thread(name_);
}

std::shared_ptr<Answer> Guest::submit(std::uint64_t run, Parcel request,
                                      const std::string &thread) {
    auto answer = std::make_shared<Answer>();
    enqueue(Job{.run = run, .request = std::move(request), .answer = answer}, thread);
    return answer;
}

std::string Guest::perform(std::string request) {
    const auto answer = submit(0, {std::move(request), {}}, "");
    answer->wait(Clock::time_point::max());
    if (!answer->given()) { // closing has dropped it
        throw ClosedError("the guest was closed before the errand was done");
    }
    return answer->outcome()->parcel.data;
}

void Guest::enqueue(Job job, const std::string &thread) {
    if (gone()) {
        throw ClosedError("the guest is another process's");
    }
    std::lock_guard lock(mutex_);
    if (state_ != State::open) {
        throw ClosedError("the guest takes no more work");
    }
    Worker &worker = worker_for(thread);
    worker.queue.push_back(std::move(job));
    call_back(worker);
}

Worker &Guest::worker_for(const std::string &thread) {
    for (auto &worker : workers_) {
        if (worker->name == thread) {
            return *worker;
        }
    }
    auto worker = std::make_unique<Worker>(thread);
    worker->thread = std::make_unique<NativeThread>(
        [self = shared_from_this(), made = worker.get()] { self->worker_thread(*made); });
    ++living_workers_;
    workers_.push_back(std::move(worker));
    return *workers_.back();
}

bool Guest::cancel(std::uint64_t run) {
    if (gone()) {
        return false;
    }
    std::lock_guard lock(mutex_);
    for (auto &worker : workers_) {
        const auto is_it = [run](const Job &job) { return job.run == run; };
        const auto job = std::ranges::find_if(worker->queue, is_it);
        if (job != worker->queue.end()) {
            job->answer->decline();
            worker->queue.erase(job);
            channel().send_now(source_, {run, EventKind::cancelled, {}});
            return true;
        }
    }
    return false;
}

bool Guest::executes(std::uint64_t run) const {
    if (gone()) {
        return false;
    }
    std::lock_guard lock(mutex_);
    return std::ranges::any_of(workers_, [run](const auto &one) { return one->run == run; });
}

const char *Guest::state() const {
    if (gone()) {
        return "closed";
    }
    std::lock_guard lock(mutex_);
    switch (state_) {
    case State::closed:
        return "closed";
    case State::closing:
        return "closing";
    default:
        return std::ranges::any_of(workers_,
                                   [](const auto &worker) {
                                       return worker->run != 0 && worker->run != leisure_run &&
                                              !worker->helps();
                                   })
                   ? "running"
                   : "idle";
    }
}

std::uint64_t Guest::home_run() const {
    if (gone()) {
        return 0;
    }
    std::lock_guard lock(mutex_);
    const std::uint64_t run = workers_.front()->run;
    return run < leisure_run ? run : 0;
}

std::size_t Guest::queued() const {
    if (gone()) {
        return 0;
    }
    std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto &worker : workers_) {
        count += worker->helps() ? 0 : worker->queue.size();
    }
    return count;
}

} // namespace subinterp
